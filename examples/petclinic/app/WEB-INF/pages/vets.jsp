<%@ include file="/WEB-INF/parts/lib.jspf" %>
<%
  String title = "Veterinarians";
  List<Map<String, Object>> vets = rows(
    "SELECT v.first_name, v.last_name, GROUP_CONCAT(s.name ORDER BY s.name SEPARATOR ', ') AS specialties FROM vets v"
      + " LEFT JOIN vet_specialties vs ON vs.vet_id = v.id LEFT JOIN specialties s ON s.id = vs.specialty_id"
      + " GROUP BY v.id, v.first_name, v.last_name ORDER BY v.last_name, v.id");
%>
<%@ include file="/WEB-INF/parts/head.jspf" %>
<table>
  <thead><tr><th scope="col">Name</th><th scope="col">Specialties</th></tr></thead>
  <tbody>
  <% for (Map<String, Object> vet : vets) { %>
    <tr><td><%= esc(vet.get("first_name")) %> <%= esc(vet.get("last_name")) %></td><td><%= vet.get("specialties") == null ? "none" : esc(vet.get("specialties")) %></td></tr>
  <% } %>
  </tbody>
</table>
<%@ include file="/WEB-INF/parts/foot.jspf" %>
