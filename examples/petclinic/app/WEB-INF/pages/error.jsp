<%@ page isErrorPage="true" %>
<%@ include file="/WEB-INF/parts/lib.jspf" %>
<%
  boolean database = false;
  Throwable cause = (Throwable) request.getAttribute("jakarta.servlet.error.exception");
  for (; cause != null && !database; cause = cause.getCause()) database = cause instanceof SQLException;
  if (database) response.setStatus(503);
  int status = response.getStatus();
  String title = database ? "Please try again in a moment" : status == 404 ? "Not found" : "Something went wrong";
%>
<%@ include file="/WEB-INF/parts/head.jspf" %>
<% if (database) { %>
<p>The clinic’s records cannot be changed or read right now. Nothing that was saved before is lost; what you just sent was not saved.</p>
<% } else if (status == 404) { %>
<p>There is no such page or record.</p>
<% } else { %>
<p>The request could not be answered (status <%= status %>).</p>
<% } %>
<%@ include file="/WEB-INF/parts/foot.jspf" %>
