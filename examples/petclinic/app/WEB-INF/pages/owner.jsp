<%@ include file="/WEB-INF/parts/lib.jspf" %>
<%
  Map<String, Object> owner = row("SELECT * FROM owners WHERE id = ?", id(request, "id"));
  if (owner == null) {
    response.sendError(404);
    return;
  }
  List<Map<String, Object>> pets = rows(
    "SELECT p.id, p.name, p.birth_date, t.name AS type FROM pets p JOIN types t ON t.id = p.type_id WHERE p.owner_id = ? ORDER BY p.name, p.id",
    owner.get("id"));
  String title = owner.get("first_name") + " " + owner.get("last_name");
%>
<%@ include file="/WEB-INF/parts/head.jspf" %>
<dl>
  <dt>Address</dt><dd><%= esc(owner.get("address")) %></dd>
  <dt>City</dt><dd><%= esc(owner.get("city")) %></dd>
  <dt>Telephone</dt><dd><%= esc(owner.get("telephone")) %></dd>
</dl>
<p>
  <a class="button" href="<%= root %>/owners/edit?id=<%= owner.get("id") %>">Edit owner</a>
  <a class="button" href="<%= root %>/pets/new?ownerId=<%= owner.get("id") %>">Add pet</a>
</p>
<h2>Pets and visits</h2>
<% for (Map<String, Object> pet : pets) { %>
<section class="pet">
  <h3><%= esc(pet.get("name")) %></h3>
  <p><%= esc(pet.get("type")) %>, born <%= esc(pet.get("birth_date")) %></p>
  <ul>
  <% for (Map<String, Object> visit : rows("SELECT visit_date, description FROM visits WHERE pet_id = ? ORDER BY visit_date, id", pet.get("id"))) { %>
    <li><time><%= esc(visit.get("visit_date")) %></time> <%= esc(visit.get("description")) %></li>
  <% } %>
  </ul>
  <p>
    <a href="<%= root %>/visits/new?petId=<%= pet.get("id") %>">Add visit</a> ·
    <a href="<%= root %>/pets/edit?id=<%= pet.get("id") %>">Edit pet</a>
  </p>
</section>
<% } %>
<%@ include file="/WEB-INF/parts/foot.jspf" %>
