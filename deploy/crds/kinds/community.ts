/**
 * Community: aliases for BGP communities.
 *
 * Source: MetalLB's API, metallb.io/v1beta1.
 *
 * @module
 */
import { COMMUNITY } from "../../../k8s/schema/metallb.ts";
import { fields } from "../../../k8s/schema/schema.ts";
import { type Kind, kindOf, type Notes } from "../kind.ts";

const NOTES: Notes = {
  "spec": { description: "The aliases." },
  "spec.communities": { description: "Names that BGPAdvertisements may use instead of values." },
  "spec.communities[].name": { description: "The alias." },
  "spec.communities[].value": { description: "What it stands for: 64512:1 or large:64512:1:2." },
  "status": { description: "Empty." },
};

export const COMMUNITIES: Kind = kindOf("Community", "communities", {
  description: "Community gives names to BGP communities.",
  properties: { spec: COMMUNITY.properties!.spec!, status: fields({}) },
  notes: NOTES,
  columns: [],
});
