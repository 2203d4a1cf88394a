<%@ include file="/WEB-INF/parts/lib.jspf" %>
<%
  Map<String, Object> pet = row(
    "SELECT p.id, p.name, p.owner_id, o.first_name, o.last_name FROM pets p JOIN owners o ON o.id = p.owner_id WHERE p.id = ?",
    id(request, "petId"));
  if (pet == null) {
    response.sendError(404);
    return;
  }
  Map<String, String> faults = new HashMap<>();
  Object day = LocalDate.now();
  String description = "";
  if (request.getMethod().equals("POST")) {
    day = date(request, faults, "visit_date");
    description = text(request, faults, "description", 255);
    if (faults.isEmpty()) {
      change("INSERT INTO visits (pet_id, visit_date, description) VALUES (?, ?, ?)", pet.get("id"), day, description);
      seeOther(response, root + "/owners/view?id=" + pet.get("owner_id"));
      return;
    }
    response.setStatus(422);
  }
  String title = "Add visit";
%>
<%@ include file="/WEB-INF/parts/head.jspf" %>
<p><%= esc(pet.get("name")) %>, of <%= esc(pet.get("first_name")) %> <%= esc(pet.get("last_name")) %></p>
<form class="record" method="post">
  <%= field("Date", "visit_date", "date", day, faults) %>
  <%= field("Description", "description", "text", description, faults) %>
  <button>Save</button>
</form>
<%@ include file="/WEB-INF/parts/foot.jspf" %>
