<%@ page contentType="text/html; charset=UTF-8" %>
<!doctype html>
<html lang="en">
  <head><title>shop</title></head>
  <body>
    <h1>It works</h1>
    <p>Answered by <%= System.getenv("HOTSITE_SITE") %>/<%= System.getenv("HOTSITE_NODE") %>.</p>
  </body>
</html>
