<%@ page contentType="text/plain" %>answered by <%= java.net.InetAddress.getLocalHost().getHostName() %>
