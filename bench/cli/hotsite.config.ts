import { application, local, scripted } from "hotsite";

/** The smallest application that is installed: what `status` looks at. */
export default application("small", {
  sites: { here: { role: "primary", cloud: local() } },
  services: [scripted("hello", { files: { "/etc/hello": "hello\n" } })],
});
