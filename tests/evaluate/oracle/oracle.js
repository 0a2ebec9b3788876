// Decides one question a line of stdin (the format of `policygen simulate --requests`) with iam-simulate.
// Prints one {"decision"} or {"error"} a line; stderr gets the seconds of CPU time spent deciding.
import { readFileSync } from "node:fs";
import { runSimulation, runUnsafeSimulation } from "@cloud-copilot/iam-simulate";

const WORDS = { Allowed: "allow", ExplicitlyDenied: "explicit-deny", ImplicitlyDenied: "implicit-deny" };
const named = (policies, prefix) => (policies ?? []).map((policy, index) => ({ name: `${prefix}${index}`, policy }));
const levels = (all, prefix) =>
  (all ?? []).map((policies, index) => ({ orgIdentifier: `${prefix}${index}`, policies: named(policies, `${prefix}${index}-`) }));

function simulation(question) {
  const { principal, action, resource, resource_account, context } = question.request;
  return {
    request: {
      principal,
      action,
      resource: { resource, accountId: resource_account },
      contextVariables: context,
    },
    identityPolicies: named([...question.policies, ...(question.group_policies ?? [])], "identity"),
    permissionBoundaryPolicies: question.boundary && named([question.boundary], "boundary"),
    sessionPolicy: question.session_policy,
    serviceControlPolicies: levels(question.scps, "scp"),
    resourceControlPolicies: levels(question.rcps, "rcp"),
    resourcePolicy: question.resource_policy,
  };
}

async function decide(question) {
  // the fast function knows no policy of a resource and no session policy; the other one checks the context keys
  if (!question.resource_policy && !question.session_policy) return WORDS[runUnsafeSimulation(simulation(question), {})];
  const answer = await runSimulation(simulation(question), {});
  if (answer.overallResult) return WORDS[answer.overallResult];
  throw new Error(JSON.stringify(answer.errors));
}

const questions = readFileSync(0, "utf8").split("\n").filter(Boolean).map((line) => JSON.parse(line));
const answers = [];
const start = process.cpuUsage();
for (const question of questions) {
  try {
    answers.push({ decision: await decide(question) });
  } catch (error) {
    answers.push({ error: String(error) });
  }
}
const { user, system } = process.cpuUsage(start);
const seconds = (user + system) / 1e6;
process.stderr.write(`${seconds}\n`);
process.stdout.write(answers.map((answer) => JSON.stringify(answer)).join("\n") + "\n");
