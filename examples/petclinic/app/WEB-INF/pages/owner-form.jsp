<%@ include file="/WEB-INF/parts/lib.jspf" %>
<%
  boolean isNew = request.getServletPath().endsWith("/new");
  int owner = id(request, "id");
  Map<String, String> faults = new HashMap<>();
  Map<String, Object> values = isNew ? new HashMap<>() : row("SELECT * FROM owners WHERE id = ?", owner);
  if (values == null) {
    response.sendError(404);
    return;
  }
  if (request.getMethod().equals("POST")) {
    values.put("first_name", text(request, faults, "first_name", 40));
    values.put("last_name", text(request, faults, "last_name", 40));
    values.put("address", text(request, faults, "address", 120));
    values.put("city", text(request, faults, "city", 60));
    values.put("telephone", text(request, faults, "telephone", 20));
    if (!faults.containsKey("telephone") && !values.get("telephone").toString().matches("[+0-9 ()/-]+"))
      faults.put("telephone", "must be a number");
    if (faults.isEmpty()) {
      Object[] fields = { values.get("first_name"), values.get("last_name"), values.get("address"), values.get("city"), values.get("telephone") };
      if (isNew) {
        owner = (int) change("INSERT INTO owners (first_name, last_name, address, city, telephone) VALUES (?, ?, ?, ?, ?)", fields);
      } else {
        change("UPDATE owners SET first_name = ?, last_name = ?, address = ?, city = ?, telephone = ? WHERE id = " + owner, fields);
      }
      seeOther(response, root + "/owners/view?id=" + owner);
      return;
    }
    response.setStatus(422);
  }
  String title = isNew ? "Add owner" : "Edit owner";
%>
<%@ include file="/WEB-INF/parts/head.jspf" %>
<form class="record" method="post">
  <%= field("First name", "first_name", "text", values.get("first_name"), faults) %>
  <%= field("Last name", "last_name", "text", values.get("last_name"), faults) %>
  <%= field("Address", "address", "text", values.get("address"), faults) %>
  <%= field("City", "city", "text", values.get("city"), faults) %>
  <%= field("Telephone", "telephone", "tel", values.get("telephone"), faults) %>
  <button>Save</button>
</form>
<%@ include file="/WEB-INF/parts/foot.jspf" %>
