// What is wrong, what that rests on, and what to change.

import { bytes } from "../figures";
import { WhatIfTable } from "./what_if";
import { go } from "../parts/tabs";
import { number, type Finding, type Report, type Server } from "../protocol";
import { keyOf, nameOf, serverName, type State } from "../state";

const severities: Record<string, string> = {
  SEVERITY_CRITICAL: "critical",
  SEVERITY_WARNING: "warning",
  SEVERITY_INFO: "info",
};

export function severityOf(finding: Finding): string {
  return severities[finding.severity ?? ""] ?? "info";
}

/** What the trouble costs, in words; empty where that is not known. */
export function costOf(finding: Finding): string {
  const { requestSecondsPerSecond, bytesPerHour, requestsLostPerHour } = finding.effect ?? {};
  const costs: string[] = [];
  if (number(requestSecondsPerSecond) > 0) costs.push(`${number(requestSecondsPerSecond).toPrecision(3)} s of requests' time per second`);
  if (number(bytesPerHour) > 0) costs.push(`${bytes(number(bytesPerHour))} an hour`);
  if (number(requestsLostPerHour) > 0) costs.push(`${number(requestsLostPerHour).toPrecision(3)} requests lost an hour`);
  return costs.join(", ");
}

/** The key of an endpoint that a finding names; undefined where it has no row. */
function endpointKey(state: State, finding: Finding, name: string): string | undefined {
  for (const endpoint of state.endpoints.values())
    if (nameOf(endpoint) === name && (endpoint.server ?? 0) === (finding.server ?? 0)) return keyOf(endpoint);
  return undefined;
}

function Endpoints({ state, finding }: { state: State; finding: Finding }) {
  if (!finding.endpoints?.length) return null;
  return (
    <p>
      Endpoints:{" "}
      {finding.endpoints.map((name, i) => {
        const key = endpointKey(state, finding, name);
        return (
          <span key={name}>
            {i > 0 && ", "}
            {key ? <button type="button" class="link" onClick={() => go("endpoints", key)}>{name}</button> : name}
          </span>
        );
      })}
    </p>
  );
}

function One({ state, finding, causedBy }: { state: State; finding: Finding; causedBy: string[] }) {
  const severity = severityOf(finding);
  const server = serverName(state.report, finding.server);
  const cost = costOf(finding);
  return (
    <li>
      <article class={`finding s-${severity}`} aria-labelledby={`finding-${finding.id}`}>
        <h3 id={`finding-${finding.id}`}>
          <span class="severity">{severity}</span> {finding.title}
        </h3>
        <p class="dim">
          {finding.rule}
          {server && `, ${server}`}
          {causedBy.length > 0 && `; follows from: ${causedBy.join("; ")}`}
        </p>
        <p>{finding.detail}</p>
        <Endpoints state={state} finding={finding} />
        {!!finding.workers?.length && <p>Workers: {finding.workers.join(", ")}</p>}
        <details>
          <summary>Evidence</summary>
          <dl class="figures">
            {(finding.evidence ?? []).map((evidence, i) => (
              <div key={`${i} ${evidence.name}`}>
                <dt>{evidence.name}</dt>
                <dd>{evidence.text}</dd>
              </div>
            ))}
          </dl>
        </details>
        {cost && <p>Costs: {cost}.</p>}
        <p class="remedy">
          <strong>What to do.</strong> {finding.remedy}
        </p>
      </article>
    </li>
  );
}

function titlesOf(report: Report, ids: string[] | undefined): string[] {
  return (ids ?? []).flatMap((id) => report.findings?.find((finding) => finding.id === id)?.title ?? []);
}

export function Findings({ state, report }: { state: State; report: Report }) {
  const findings = report.findings ?? [];
  const simulated = (report.servers ?? []).filter((server): server is Server & { whatIf: object } => !!server.whatIf);
  return (
    <>
      <h2>Findings</h2>
      {findings.length === 0 && <p>Nothing was found to be wrong. What could not be seen stands under Coverage.</p>}
      <ol class="plain">
        {findings.map((finding) => (
          <One key={finding.id} state={state} finding={finding} causedBy={titlesOf(report, finding.explainedBy)} />
        ))}
      </ol>
      {simulated.map((server) => (
        <WhatIfTable key={server.masterTgid} server={server} whatIf={server.whatIf} />
      ))}
    </>
  );
}
