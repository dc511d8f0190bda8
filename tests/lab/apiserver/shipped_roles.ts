/**
 * The rights of both roles exactly as they are shipped, for tests that take one of them away.
 *
 * Source: deploy/manifests/controller_roles.yaml and speaker_roles.yaml.
 * Shape: objects to apply; a copy for an account of another name has roles and bindings of its own.
 *
 * @module
 */
import { parseAllDocuments } from "yaml";
import controller from "../../../deploy/manifests/controller_roles.yaml" with { type: "text" };
import speaker from "../../../deploy/manifests/speaker_roles.yaml" with { type: "text" };
import type { Rule } from "./cluster.ts";

/** Which of them. */
export type RoleName = "controller" | "speaker";

const TEXTS: Readonly<Record<RoleName, string>> = { controller, speaker };

interface RbacObject {
  readonly kind: string;
  readonly metadata: { readonly name: string };
  readonly rules?: readonly Rule[];
  readonly roleRef?: { readonly name: string };
  readonly subjects?: readonly { readonly name: string }[];
}

/** One right: a verb on a resource. */
export interface Right {
  /** "services/status", "leases (ingot-controller)" when it is for these names alone. */
  readonly resource: string;
  readonly verb: string;
}

/** Everything a role may do. */
export function rightsOf(role: RoleName): readonly Right[] {
  return objectsOf(role).flatMap(({ rules = [] }) => rules).flatMap((rule) =>
    rule.resources.flatMap((resource) =>
      rule.verbs.map((verb) => ({ resource: named(resource, rule), verb }))
    )
  );
}

/** The account with its roles, as shipped, or under another name and without one right. */
export function shippedRole(role: RoleName, account: string = role, without?: Right): readonly unknown[] {
  const suffix = account === role ? "" : `.${account}`;
  return objectsOf(role).map((object) => {
    const { kind, metadata, rules, roleRef, subjects } = object;
    const name = kind === "ServiceAccount" ? account : metadata.name + suffix;
    return {
      ...object,
      metadata: { ...metadata, name },
      ...rules && { rules: without === undefined ? rules : rules.flatMap((rule) => lessen(rule, without)) },
      ...roleRef && { roleRef: { ...roleRef, name: roleRef.name + suffix } },
      ...subjects && { subjects: subjects.map((subject) => ({ ...subject, name: account })) },
    };
  });
}

function objectsOf(role: RoleName): readonly RbacObject[] {
  return parseAllDocuments(TEXTS[role]).map((document) => document.toJS() as RbacObject);
}

function named(resource: string, { resourceNames }: Rule): string {
  return resourceNames === undefined ? resource : `${resource} (${resourceNames.join(", ")})`;
}

/** The rule as one rule a resource, without the right. */
function lessen(rule: Rule, without: Right): readonly Rule[] {
  return rule.resources.flatMap((resource) => {
    const verbs = rule.verbs.filter((verb) =>
      !(named(resource, rule) === without.resource && verb === without.verb)
    );
    return verbs.length === 0 ? [] : [{ ...rule, resources: [resource], verbs }];
  });
}
