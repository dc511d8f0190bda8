/**
 * The rights by which roles tell of themselves and let others look: what to do so that each is missed, and how it is missed.
 *
 * Shape: tables by the right's name, "create configurationstates".
 * Not here: taking them away (rbac_report_test.ts), all other rights (rbac_test.ts).
 *
 * @module
 */
import type { RoleName } from "../lab/apiserver/shipped_roles.ts";
import type { LogLine } from "../lab/ingot.ts";
import { scrape } from "./scrape.ts";

/** One right. */
export interface ReportedRight {
  /** Whether the line is the complaint about it. */
  readonly isMissed: (line: LogLine) => boolean;
  /** Makes the role need it; the address is its metrics', the token one that may read them. */
  readonly provoke: (address: string, token: string) => Promise<unknown>;
}

const NOTHING = (): Promise<void> => Promise.resolve();

function complaint(msg: string, resource: string, err: RegExp): (line: LogLine) => boolean {
  return (line) => line.msg === msg && line["resource"] === resource && err.test(String(line["err"]));
}

function failing(resource: string, err = /forbidden/): ReportedRight {
  return { isMissed: complaint("request failed, trying again", resource, err), provoke: NOTHING };
}

const UNSEEN: ReportedRight = {
  isMissed: complaint(
    "cannot follow a resource, what is known of it stays in force",
    "configurationstates",
    /forbidden/,
  ),
  provoke: NOTHING,
};

/** A question about a reader of metrics that the API server does not take. */
function review(resource: string): ReportedRight {
  return {
    isMissed: ({ msg, err }) =>
      msg === "cannot ask the API server whether somebody may read the metrics" &&
      new RegExp(`${resource}.*forbidden`).test(String(err)),
    provoke: async (address, token) => {
      const { status } = await scrape(address, token);
      if (status !== 500) throw new Error(`The metrics were answered with ${status}`);
    },
  };
}

const REVIEWS: Readonly<Record<string, ReportedRight>> = {
  "create tokenreviews": review("tokenreviews"),
  "create subjectaccessreviews": review("subjectaccessreviews"),
};

export const REPORTED: Readonly<Record<RoleName, Readonly<Record<string, ReportedRight>>>> = {
  controller: {
    ...REVIEWS,
    "list configurationstates": UNSEEN,
    "watch configurationstates": UNSEEN,
    "create configurationstates": failing("configurationstates"),
    "patch configurationstates": failing("configurationstates"),
    "patch configurationstates/status": failing("configurationstates"),
    "get pods": failing("pods"),
    "get deployments (controller)": failing("secrets", /deployments.*forbidden/),
    "get secrets (memberlist)": failing("secrets", /secrets "memberlist" is forbidden/),
  },
  speaker: REVIEWS,
};
