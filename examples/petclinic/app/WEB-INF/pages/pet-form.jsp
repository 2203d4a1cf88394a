<%@ include file="/WEB-INF/parts/lib.jspf" %>
<%
  boolean isNew = request.getServletPath().endsWith("/new");
  Map<String, String> faults = new HashMap<>();
  Map<String, Object> values = isNew
    ? row("SELECT id AS owner_id FROM owners WHERE id = ?", id(request, "ownerId"))
    : row("SELECT * FROM pets WHERE id = ?", id(request, "id"));
  if (values == null) {
    response.sendError(404);
    return;
  }
  List<Map<String, Object>> types = rows("SELECT id, name FROM types ORDER BY name");
  if (request.getMethod().equals("POST")) {
    int type = id(request, "type_id");
    values.put("name", text(request, faults, "name", 40));
    values.put("birth_date", date(request, faults, "birth_date"));
    values.put("type_id", type);
    if (types.stream().noneMatch(known -> known.get("id").equals(type))) faults.put("type_id", "must be chosen");
    if (faults.isEmpty()) {
      Object[] fields = { values.get("name"), values.get("birth_date"), type, values.get("owner_id") };
      if (isNew) change("INSERT INTO pets (name, birth_date, type_id, owner_id) VALUES (?, ?, ?, ?)", fields);
      else change("UPDATE pets SET name = ?, birth_date = ?, type_id = ?, owner_id = ? WHERE id = " + id(request, "id"), fields);
      seeOther(response, root + "/owners/view?id=" + values.get("owner_id"));
      return;
    }
    response.setStatus(422);
  }
  String title = isNew ? "Add pet" : "Edit pet";
%>
<%@ include file="/WEB-INF/parts/head.jspf" %>
<form class="record" method="post">
  <%= field("Name", "name", "text", values.get("name"), faults) %>
  <%= field("Birth date", "birth_date", "date", values.get("birth_date"), faults) %>
  <label for="type_id">Type</label>
  <select id="type_id" name="type_id" required>
  <% for (Map<String, Object> type : types) { %>
    <option value="<%= type.get("id") %>"<%= type.get("id").equals(values.get("type_id")) ? " selected" : "" %>><%= esc(type.get("name")) %></option>
  <% } %>
  </select>
  <% if (faults.containsKey("type_id")) { %><p class="fault">Type <%= esc(faults.get("type_id")) %></p><% } %>
  <button>Save</button>
</form>
<%@ include file="/WEB-INF/parts/foot.jspf" %>
