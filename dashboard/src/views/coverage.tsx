// How complete the view is, and what it costs.

import { bytes, count, duration, percent } from "../figures";
import { number, type Report } from "../protocol";

export function CoverageView({ report }: { report: Report }) {
  const coverage = report.coverage ?? {};
  const windowNs = number(report.window?.durationNs);
  const hostNs = number(coverage.hostCpuNs);
  const cost = number(coverage.agentCpuNs) + number(coverage.bpfRunNs);
  const figures: [string, string][] = [
    ["Observed for", duration(windowNs)],
    ["Requests seen whole", count(number(coverage.requestsSeen))],
    ["Requests that ended without a response, or were none", count(number(coverage.requestsBroken))],
    ["Requests lost", count(number(coverage.requestsLost))],
    ["Records seen", count(number(coverage.recordsSeen))],
    ["Records lost", count(number(coverage.recordsLost))],
    ["CPU time of the agent's threads", duration(number(coverage.agentCpuNs))],
    ["Time inside the probes", duration(number(coverage.bpfRunNs))],
    ["Both, of one CPU", windowNs > 0 ? percent(cost / windowNs) : "–"],
    ["Memory of the agent", bytes(number(coverage.agentRssBytes))],
    ["The host's CPUs busy", hostNs > 0 ? percent(number(coverage.hostBusyNs) / hostNs) : "–"],
    ["Taken by a hypervisor", hostNs > 0 ? percent(number(coverage.hostStealNs) / hostNs) : "–"],
  ];
  const gaps = [...(coverage.gaps ?? []), ...(report.servers ?? []).flatMap((server) => (server.gaps ?? []).map((gap) => `${server.app || server.kind}: ${gap}`))];
  return (
    <>
      <h2>Coverage</h2>
      <dl class="figures">
        {figures.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <h3>What could not be seen or measured</h3>
      {gaps.length === 0 ? (
        <p>Nothing that is known.</p>
      ) : (
        <ul>
          {gaps.map((gap, i) => (
            <li key={`${i} ${gap}`}>{gap}</li>
          ))}
        </ul>
      )}
    </>
  );
}
