import type { ResourceType, Tag, TagSpecification } from "@aws-sdk/client-ec2";
import type { NodeClaim } from "../../core/driver.ts";
import type { Ec2Template } from "./template.ts";

/** Tags on everything that the driver makes. They are the truth; names only help people. */
export const tag = {
  owner: "hotsite:owner",
  site: "hotsite:site",
  /** On machines and what belongs to one. */
  name: "hotsite:name",
  claim: "hotsite:claim",
  expose: "hotsite:expose",
  user: "hotsite:user",
  /** By which addresses it is reached: `public/private`, from outside and by other nodes. */
  reach: "hotsite:reach",
  /** The call of `launch` that made it. */
  launch: "hotsite:launch",
} as const;

export type Tags = Readonly<Record<string, string>>;

/** The tags of what a claim alone has: machine, disks, addresses. */
export function claimTags(claim: NodeClaim, template: Ec2Template, launch: string): Tags {
  return {
    ...sharedTags(claim, template),
    Name: `${claim.owner}/${claim.site}/${claim.name}`,
    [tag.name]: claim.name,
    [tag.claim]: claim.id,
    [tag.expose]: claim.expose.join(","),
    [tag.user]: template.user,
    [tag.reach]: `${template.access}/${template.address}`,
    [tag.launch]: launch,
  };
}

/** The tags of what machines of a site share. */
export function sharedTags({ owner, site }: Pick<NodeClaim, "owner" | "site">, template: Ec2Template): Tags {
  return { ...template.tags, Name: `${owner}/${site}`, [tag.owner]: owner, [tag.site]: site };
}

/** The tags of what all sites of an owner share. */
export function ownerTags({ owner }: Pick<NodeClaim, "owner">, template: Ec2Template): Tags {
  return { ...template.tags, Name: owner, [tag.owner]: owner };
}

/** What a call that makes something is told, so that it never exists without its tags. */
export function tagged(tags: Tags, ...types: readonly ResourceType[]): TagSpecification[] {
  return types.map((ResourceType) => ({
    ResourceType,
    Tags: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })),
  }));
}

export function tagsOf(resource: { readonly Tags?: Tag[] }): Tags {
  return Object.fromEntries((resource.Tags ?? []).map(({ Key = "", Value = "" }) => [Key, Value]));
}

/** A filter for what carries this tag. */
export function withTag(name: string, value: string): { Name: string; Values: string[] } {
  // A filter reads these three characters as wildcards.
  return { Name: `tag:${name}`, Values: [value.replaceAll(/[\\*?]/g, String.raw`\$&`)] };
}
