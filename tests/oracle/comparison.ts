/**
 * A story held against Ingot: wherever MetalLB decided something else, and what is known about it.
 *
 * Shape: a story in, {@linkcode Finding}s out. Three questions at each step: does the controller, going on from its own decisions,
 * decide the same (as long as the two go together; once they part, from the next step on where Ingot has nothing to change about
 * MetalLB's statuses); does a controller that starts now leave every status as it is; do the speakers do the same about them.
 * Not here: the reasons (differences.ts), Ingot's decisions (ingot.ts).
 *
 * @module
 */
import { type Difference, DIFFERENCES } from "./differences.ts";
import { IngotCluster } from "./ingot.ts";
import { NOTHING, serviceIn, type StepKind, type Story, type Verdict, type Verdicts } from "./step.ts";

/** Which of the questions: going on, starting anew, or announcing. */
export type Aspect = "allocates" | "adopts" | "announces";

/** One Service at one step of a story about which MetalLB and Ingot say different things. */
export interface Finding {
  readonly story: Story;
  /** Of the scene. */
  readonly index: number;
  readonly aspect: Aspect;
  /** "namespace/name". */
  readonly service: string;
  readonly metallb: Verdict;
  readonly ingot: Verdict;
}

/** A finding and why it is as it is; null when nobody knows. */
export interface Explained {
  readonly finding: Finding;
  readonly difference: Difference | null;
}

/** What came of a comparison. */
export interface Comparison {
  readonly findings: readonly Explained[];
  /** Scenes in which the controllers went together, of all. */
  readonly together: number;
}

/** Changes that a controller looks at. */
const ALLOCATING: ReadonlySet<StepKind> = new Set(["Service", "IPAddressPool", "Namespace"]);

/** See the module comment. */
export function compare(story: Story): Comparison {
  const ingot = new IngotCluster();
  const findings: Explained[] = [];
  let [areTogether, isParted, together] = [true, false, 0];
  for (const [index, { step, verdicts }] of story.scenes.entries()) {
    ingot.apply(step);
    const find = (aspect: Aspect, decided: ReadonlyMap<string, Partial<Verdict>>): boolean => {
      const found = differing(verdicts, decided);
      for (const one of found) {
        const finding = { ...one, story, index, aspect };
        const difference = DIFFERENCES.find((one) => one.explains(finding, ingot)) ?? null;
        findings.push({ finding, difference });
      }
      return found.length > 0;
    };
    find("announces", ingot.announcing(verdicts));
    if (ALLOCATING.has(step.kind)) isParted = find("adopts", ingot.adopting(verdicts));
    if (areTogether) areTogether = !find("allocates", ingot.held);
    if (areTogether) together++;
    if (areTogether || isParted) continue;
    ingot.adopt(verdicts);
    areTogether = true;
  }
  return { findings, together };
}

/** Which Services differ in what was decided about them; what was not is taken to be the same. */
function differing(
  metallb: Verdicts,
  ingot: ReadonlyMap<string, Partial<Verdict>>,
): Pick<Finding, "service" | "metallb" | "ingot">[] {
  const services = [...new Set([...metallb.keys(), ...ingot.keys()])].sort();
  return services.flatMap((service) => {
    const theirs = metallb.get(service) ?? NOTHING;
    const ours = { ...theirs, ...ingot.get(service) ?? { addresses: [], pool: null } };
    return JSON.stringify(theirs) === JSON.stringify(ours) ? [] : [{ service, metallb: theirs, ingot: ours }];
  });
}

/** The finding as a person wants to read it. */
export function formatFinding({ story, index, aspect, service, metallb, ingot }: Finding): string {
  const { step } = story.scenes[index]!;
  return [
    `cluster ${story.seed}, step ${index + 1} (${step.kind} ${step.key} ${JSON.stringify(step.body)}),`,
    `Service ${service} ${JSON.stringify(serviceIn(story, index, service))}: Ingot ${aspect} otherwise`,
    `  MetalLB ${JSON.stringify(metallb)}`,
    `  Ingot   ${JSON.stringify(ingot)}`,
  ].join("\n");
}
