/** What `import … from "hotsite"` gives to a config, a recipe or a driver. */
export { application, type ApplicationSpec, type SiteSpec } from "./lifecycle/application.ts";
export { local } from "./drivers/local/local.ts";

export { haproxy } from "./recipes/haproxy.ts";
export { mysql } from "./recipes/mysql/mysql.ts";
export { petclinic, petclinicDatabase } from "./recipes/petclinic.ts";
export { tomcat } from "./recipes/tomcat/tomcat.ts";
export { war } from "./recipes/tomcat/war.ts";

export { defineRecipe } from "./recipes/define.ts";
export { check, httpOk, tcpOpen } from "./recipes/checks.ts";
export { derive, refTo } from "./recipes/refs.ts";
export { localPath } from "./recipes/local-path.ts";
export { systemd } from "./recipes/systemd.ts";
export { text } from "./recipes/text.ts";

export {
  all,
  command,
  either,
  feed,
  file,
  pipe,
  script,
  type Command,
  type NodeFile,
} from "./core/command.ts";
export { Ref, type NodePlan, type Recipe, type RecipeContext, type Service } from "./core/recipe.ts";
export { secret, type SecretSource } from "./core/secret.ts";
export {
  CapacityError,
  CredentialError,
  HotsiteError,
  NodeNotFoundError,
  PreflightError,
  QuotaError,
  RetryableError,
  type Fault,
} from "./core/errors.ts";
export type { Application, Cloud, Protection } from "./core/application.ts";
export type { Driver, DriverCapabilities, Machine, NodeClaim } from "./core/driver.ts";
