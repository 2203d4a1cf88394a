<%@ include file="/WEB-INF/parts/lib.jspf" %>
<%
  String title = "Owners";
  String lastName = param(request, "lastName");
  String pattern = lastName.replaceAll("([!%_])", "!$1") + "%";
  List<Map<String, Object>> owners = rows(
    "SELECT o.*, (SELECT GROUP_CONCAT(p.name ORDER BY p.name SEPARATOR ', ') FROM pets p WHERE p.owner_id = o.id) AS pets"
      + " FROM owners o WHERE o.last_name LIKE ? ESCAPE '!' ORDER BY o.last_name, o.first_name, o.id LIMIT 200", pattern);
%>
<%@ include file="/WEB-INF/parts/head.jspf" %>
<form class="search" action="<%= root %>/owners">
  <label for="lastName">Last name starts with</label>
  <input id="lastName" name="lastName" type="search" value="<%= esc(lastName) %>">
  <button>Find</button>
  <a class="button" href="<%= root %>/owners/new">Add owner</a>
</form>
<% if (owners.isEmpty()) { %>
<p>No owner’s last name starts with “<%= esc(lastName) %>”.</p>
<% } else { %>
<table>
  <thead><tr><th scope="col">Name</th><th scope="col">Address</th><th scope="col">City</th><th scope="col">Telephone</th><th scope="col">Pets</th></tr></thead>
  <tbody>
  <% for (Map<String, Object> owner : owners) { %>
    <tr>
      <td><a href="<%= root %>/owners/view?id=<%= owner.get("id") %>"><%= esc(owner.get("first_name")) %> <%= esc(owner.get("last_name")) %></a></td>
      <td><%= esc(owner.get("address")) %></td>
      <td><%= esc(owner.get("city")) %></td>
      <td><%= esc(owner.get("telephone")) %></td>
      <td><%= esc(owner.get("pets")) %></td>
    </tr>
  <% } %>
  </tbody>
</table>
<% } %>
<%@ include file="/WEB-INF/parts/foot.jspf" %>
