/**
 * The kinds that Ingot writes and people read: where a Service is announced, whether the configuration is in force.
 *
 * Source: MetalLB's API, metallb.io/v1beta1. The form of each status: k8s/schema/statuses.ts.
 *
 * @module
 */
import { fields } from "../../../k8s/schema/schema.ts";
import { CONFIGURATION_STATE, SERVICE_BGP_STATUS, SERVICE_L2_STATUS } from "../../../k8s/schema/statuses.ts";
import { type Kind, kindOf, type Note, type Notes, textColumns } from "../kind.ts";

function immutable(name: string, description: string): Note {
  return { description, rules: [{ rule: "self == oldSelf", message: `${name} cannot be changed` }] };
}

const ANNOUNCEMENT: Notes = {
  "spec": { description: "Empty." },
  "status": { description: "Who announces what." },
  "status.node": immutable("node", "Node that announces."),
  "status.serviceName": immutable("serviceName", "Name of the Service."),
  "status.serviceNamespace": immutable("serviceNamespace", "Namespace of the Service."),
};

export const SERVICE_L2_STATUSES: Kind = kindOf("ServiceL2Status", "servicel2statuses", {
  description: "ServiceL2Status says which node answers for a Service by ARP and NDP.",
  properties: { spec: fields({}), status: SERVICE_L2_STATUS.properties.status },
  notes: {
    ...ANNOUNCEMENT,
    "status.interfaces": { description: "Interfaces it answers on; every interface when empty." },
    "status.interfaces[].name": { description: "The interface's name." },
  },
  columns: textColumns({
    "Allocated Node": ".status.node",
    "Service Name": ".status.serviceName",
    "Service Namespace": ".status.serviceNamespace",
  }),
});

export const SERVICE_BGP_STATUSES: Kind = kindOf("ServiceBGPStatus", "servicebgpstatuses", {
  description: "ServiceBGPStatus says to which routers a node announces a Service.",
  properties: { spec: fields({}), status: SERVICE_BGP_STATUS.properties.status },
  notes: { ...ANNOUNCEMENT, "status.peers": { description: "BGPPeers that are told, by name." } },
  columns: textColumns({
    "Node": ".status.node",
    "Service Name": ".status.serviceName",
    "Service Namespace": ".status.serviceNamespace",
  }),
});

export const CONFIGURATION_STATES: Kind = kindOf("ConfigurationState", "configurationstates", {
  description: "ConfigurationState says whether a controller or speaker could take over the configuration.",
  properties: { status: CONFIGURATION_STATE.properties.status },
  notes: {
    "status": { description: "The verdict." },
    "status.result": { description: "Valid, Invalid, or Unknown before the first verdict." },
    "status.errorSummary": { description: "Every error, one a line." },
    "status.conditions": { description: "What each part of the program says.", listKey: "type" },
    "status.conditions[].lastTransitionTime": { description: "When it was said.", format: "date-time" },
    "status.conditions[].message": { description: "For a person to read." },
    "status.conditions[].observedGeneration": {
      description: "Generation of the object that it was said of.",
      format: "int64",
    },
    "status.conditions[].reason": { description: "For a program to read.", minLength: 1 },
    "status.conditions[].status": { description: "True, False or Unknown." },
    "status.conditions[].type": { description: "Which part of the program says it." },
  },
  columns: [
    { name: "Result", type: "string", jsonPath: ".status.result" },
    { name: "ErrorSummary", type: "string", jsonPath: ".status.errorSummary" },
    { name: "Age", type: "date", jsonPath: ".metadata.creationTimestamp" },
  ],
});
