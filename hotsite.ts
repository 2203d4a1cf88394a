/** What `import … from "hotsite"` gives to a config, a recipe or a driver. */
export { application, type ApplicationSpec, type SiteSpec } from "./lifecycle/application.ts";
export { ec2 } from "./drivers/ec2/ec2.ts";
export type { Ec2Options } from "./drivers/ec2/template.ts";
export { byon, type ByonOptions } from "./drivers/byon/byon.ts";
export { local } from "./drivers/local/local.ts";

export { haproxy } from "./recipes/haproxy.ts";
export { kafka } from "./recipes/kafka/kafka.ts";
export { mysql } from "./recipes/mysql/mysql.ts";
export { petclinic, petclinicDatabase } from "./recipes/petclinic.ts";
export { app } from "./recipes/app/app.ts";
export { scripted } from "./recipes/scripted.ts";
export { tomcat } from "./recipes/tomcat/tomcat.ts";
export { war } from "./recipes/tomcat/war.ts";

export {
  embeddedLog,
  kafkaLog,
  link,
  type LinkDeclaration,
  type LinkSpec,
} from "./replication/standalone/spec.ts";
export { replicate, type ReplicateOptions, type RunningLink } from "./replication/standalone/replicate.ts";

export { defineRecipe, type RecipeFactory } from "./recipes/define.ts";
export { extendRecipe, type RecipeExtension } from "./recipes/extend.ts";
export type { CommonParams, RecipeScope, RecipeSpec } from "./recipes/spec.ts";
export { check, httpAnswers, httpOk, tcpOpen } from "./recipes/checks.ts";
export { derive, refTo, type EndpointScope, type MakeRef } from "./recipes/refs.ts";
export { artifact, type ArtifactInput } from "./recipes/artifact/artifact.ts";
export { LocalPath, localPath } from "./recipes/local-path.ts";
export { namedSecret, secretOf, secretSource } from "./recipes/secrets.ts";
export { driverTest, type DriverTest } from "./drivers/kit/driver-test.ts";
export { recipeTest, type RecipeTest } from "./recipes/recipe-test.ts";
export { megabytes } from "./core/size.ts";
export { lastLines, systemd, unitMemory, type ServiceControl } from "./recipes/systemd.ts";
export { concat, resolveText, reveal, text, textValue, type Text } from "./recipes/text.ts";

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
  type NodeFileContent,
} from "./core/command.ts";
export {
  Ref,
  type Attributes,
  type Check,
  type CustomCommand,
  type Instances,
  type LifecycleHooks,
  type Metric,
  type NodePlan,
  type NodeTls,
  type NodeView,
  type Recipe,
  type RecipeContext,
  type Service,
  type ServiceView,
  type SiteRole,
} from "./core/recipe.ts";
export { secret, Secret, type SecretSource } from "./core/secret.ts";
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
export type {
  Driver,
  DriverCapabilities,
  Endpoint,
  Machine,
  MachineTemplate,
  NodeClaim,
} from "./core/driver.ts";
