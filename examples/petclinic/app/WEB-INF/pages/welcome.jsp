<%@ include file="/WEB-INF/parts/lib.jspf" %>
<% String title = "Welcome"; %>
<%@ include file="/WEB-INF/parts/head.jspf" %>
<p>A small clinic for animals: their owners, their visits, and the people who look after them.</p>
<form class="search" action="<%= root %>/owners">
  <label for="lastName">Owner’s last name</label>
  <input id="lastName" name="lastName" type="search">
  <button>Find</button>
</form>
<%@ include file="/WEB-INF/parts/foot.jspf" %>
