/**
 * The CustomResourceDefinition of a kind.
 *
 * Source: Kubernetes, apiextensions.k8s.io/v1; names, group and scope are MetalLB's.
 * Shape: {@linkcode Kind} in, the object as `kubectl apply` takes it out. A kind with more than one version is converted by
 * the controller's webhook.
 * Not here: schemas (structural.ts), files (generate.ts).
 *
 * @module
 */
import type { Column, Kind, Version } from "./kind.ts";
import { rootSchema, type Structural } from "./structural.ts";

export const GROUP = "metallb.io";

/** How objects get from one version to another. */
export type Conversion = Structural;

/** By the controller, which writes the authority of its certificate into it. */
export function webhookConversion(namespace: string): Conversion {
  return {
    strategy: "Webhook",
    webhook: {
      clientConfig: { service: { name: "metallb-webhook-service", namespace, path: "/convert" } },
      conversionReviewVersions: ["v1", "v1beta1"],
    },
  };
}

/** Its name in the cluster. */
function definitionName({ plural }: Kind): string {
  return `${plural}.${GROUP}`;
}

/** See the module comment. */
export function definitionOf(kind: Kind, conversion: Conversion): Structural {
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: definitionName(kind) },
    spec: {
      group: GROUP,
      names: {
        kind: kind.kind,
        listKind: `${kind.kind}List`,
        plural: kind.plural,
        singular: kind.kind.toLowerCase(),
      },
      scope: "Namespaced",
      ...(kind.versions.length > 1 ? { conversion } : {}),
      versions: kind.versions.map(versionOf),
    },
  };
}

function versionOf(version: Version): Structural {
  const { name, isStored, deprecation, columns } = version;
  return {
    name,
    served: true,
    storage: isStored,
    ...(deprecation === null ? {} : { deprecated: true, deprecationWarning: deprecation }),
    ...(columns.length === 0 ? {} : { additionalPrinterColumns: columns.map(columnOf) }),
    subresources: { status: {} },
    schema: { openAPIV3Schema: rootSchema(version) },
  };
}

function columnOf({ name, type, jsonPath, priority }: Column): Structural {
  return { name, type, jsonPath, ...(priority === undefined ? {} : { priority }) };
}
