import { SSM } from "@aws-sdk/client-ssm";
import { clientConfig, type Place } from "./api.ts";
import { askUnless } from "./errors.ts";

/** The value of a parameter of Systems Manager; undefined when there is none of this name. Few images are named so: the SDK is loaded for them alone. */
export async function parameterValue(
  place: Place,
  name: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ssm = new SSM(clientConfig(place));
  try {
    const request = ssm.getParameter({ Name: name }, { abortSignal: signal });
    return (await askUnless(/^ParameterNotFound$/, `read the parameter ${name}`, request))?.Parameter?.Value;
  } finally {
    ssm.destroy();
  }
}
