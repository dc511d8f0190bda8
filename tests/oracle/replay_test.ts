/**
 * MetalLB as the oracle: what its own programs decided about random clusters, recorded, and what Ingot decides about the same.
 *
 * Shape: recorded/*.jsonl, a story a line, written by record.ts. Each is played to Ingot's allocation and election.
 * Not here: the same with everything running (tests/cluster/oracle_test.ts).
 *
 * @module
 */
import assert from "node:assert/strict";
import { compare, type Explained, formatFinding } from "./comparison.ts";
import { DIFFERENCES } from "./differences.ts";
import { formatStory, parseStory, type Story } from "./step.ts";

const FOLDER = decodeURIComponent(new URL("recorded", import.meta.url).pathname);
/** As many as are promised. */
const LEAST_CLUSTERS = 200;

const files = [...Deno.readDirSync(FOLDER)].map(({ name }) => name).sort();
const explained: Explained[] = [];
const totals = { clusters: 0, scenes: 0, together: 0 };

for (const file of files) {
  Deno.test(`Ingot decides as MetalLB did about the clusters in ${file}`, () => {
    const stories = readStories(file);
    const compared = stories.map((story) => compare(story));
    const findings = compared.flatMap((one) => one.findings);
    explained.push(...findings);
    totals.clusters += stories.length;
    totals.scenes += stories.reduce((sum, { scenes }) => sum + scenes.length, 0);
    totals.together += compared.reduce((sum, { together }) => sum + together, 0);
    const unknown = findings.filter(({ difference }) => difference === null);
    assert.equal(unknown.map(({ finding }) => formatFinding(finding)).join("\n"), "");
  });
}

Deno.test("the recording is as large as it has to be, and Ingot and MetalLB go together for most of it", () => {
  assert.ok(totals.clusters >= LEAST_CLUSTERS, `${totals.clusters} clusters`);
  assert.ok(totals.together > 0.9 * totals.scenes, `${totals.together} of ${totals.scenes} steps`);
});

Deno.test("every difference in the list is met", () => {
  const met = new Set(explained.map(({ difference }) => difference));
  assert.deepEqual(DIFFERENCES.filter((one) => !met.has(one)).map(({ name }) => name), []);
});

function readStories(file: string): readonly Story[] {
  return Deno.readTextFileSync(`${FOLDER}/${file}`).trimEnd().split("\n").map((line) => {
    const story = parseStory(line);
    assert.equal(formatStory(story), line, "what is read is all that is written");
    return story;
  });
}
