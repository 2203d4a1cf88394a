<%@ page trimDirectiveWhitespaces="true" %>
<%@ include file="/WEB-INF/parts/lib.jspf" %>
<%
  response.setContentType("application/json;charset=UTF-8");
  String where = ",\"site\":\"" + environment("HOTSITE_SITE") + "\",\"node\":\"" + environment("HOTSITE_NODE") + "\"}";
  try {
    // Reads a table of the application, so that a database without its data is not called healthy. Nothing is written: a standby is read-only.
    boolean readOnly = row("SELECT @@read_only = 1 AS read_only, (SELECT COUNT(*) FROM types) AS types").get("read_only").toString().matches("1|true");
    out.print("{\"ok\":true,\"readOnly\":" + readOnly + where);
  } catch (Exception failed) {
    application.log("health", failed);
    response.setStatus(503);
    out.print("{\"ok\":false,\"problem\":\"the database does not answer\"" + where);
  }
%>
