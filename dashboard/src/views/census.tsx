// The objects of one worker's heap as a treemap; with a second census, what there is more of.

import { useState } from "preact/hooks";
import { countedTypes, grown, takeCensus, type CountedType } from "../census";
import { bytes, clock, count, counted, duration } from "../figures";
import { milliseconds, number, type Census, type Report } from "../protocol";
import { treemap } from "../treemap";

const most_areas = 60;
const most_rows = 30;
const room = { width: 1000, height: 420 };

/** Builtins have no module. */
function kindOf(type: CountedType): string {
  return type.type.includes(".") ? "own" : "builtin";
}

function Treemap({ types, grew }: { types: CountedType[]; grew: Set<string> }) {
  const shown = types.slice(0, most_areas);
  return (
    <div class="treemap" role="img" aria-label="The types by the bytes of their objects; the table below says the same in words">
      {treemap(shown, (type) => type.bytes, room.width, room.height).map(({ item, x, y, width, height }) => (
        <div
          key={item.type}
          class={`area ${kindOf(item)} ${grew.has(item.type) ? "grew" : ""}`}
          title={`${item.type}: ${counted(item.objects, "object")}, ${bytes(item.bytes)}`}
          style={{
            left: `${(100 * x) / room.width}%`,
            top: `${(100 * y) / room.height}%`,
            width: `${(100 * width) / room.width}%`,
            height: `${(100 * height) / room.height}%`,
          }}
        >
          {width > 60 && height > 24 && (
            <span>
              {grew.has(item.type) && "▲ "}
              {item.type}
              <br />
              {bytes(item.bytes)}
            </span>
          )}
        </div>
      ))}
    </div>
  );
}

function Holders({ census }: { census: Census }) {
  return (
    <>
      {(census.retainers ?? []).map((retainers) => (
        <section key={retainers.type} aria-live="polite">
          <h4>Who holds {retainers.type}</h4>
          <ul>
            {(retainers.paths ?? []).map((path, i) => (
              <li key={i}>
                <code>{path.text}</code>: {counted(number(path.objects), "object")}
              </li>
            ))}
          </ul>
          {!retainers.paths?.length && <p>No way to one of them was found.</p>}
        </section>
      ))}
    </>
  );
}

function Types({ types, compared, who, busy }: { types: CountedType[]; compared: boolean; who: (type: string) => void; busy: boolean }) {
  return (
    <div class="wide" role="region" tabIndex={0} aria-label="Table of types">
      <table class="types">
        <caption>{compared ? "What grew since the census before, then the largest" : "The largest types"}</caption>
        <thead>
          <tr>
            <th scope="col">Type</th>
            <th scope="col" class="n">Objects</th>
            <th scope="col" class="n">Bytes</th>
            {compared && <th scope="col" class="n">more objects</th>}
            {compared && <th scope="col" class="n">more bytes</th>}
            <th scope="col">Held by</th>
          </tr>
        </thead>
        <tbody>
          {types.map((type) => (
            <tr key={type.type}>
              <th scope="row">
                <code>{type.type}</code>
              </th>
              <td class="n">{count(type.objects)}</td>
              <td class="n">{bytes(type.bytes)}</td>
              {compared && <td class="n">{count(type.moreObjects)}</td>}
              {compared && <td class="n">{bytes(type.moreBytes)}</td>}
              <td>
                <button type="button" disabled={busy} onClick={() => who(type.type)} aria-label={`Who holds ${type.type}?`}>
                  Who?
                </button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** What grew comes first. */
function tableOf(types: CountedType[], grew: CountedType[]): CountedType[] {
  const first = new Set(grew.map((type) => type.type));
  return [...grew, ...types.filter((type) => !first.has(type.type))].slice(0, most_rows);
}

function Result({ census, earlier, who, busy }: { census: Census; earlier: Census | undefined; who: (type: string) => void; busy: boolean }) {
  const types = countedTypes(census, earlier);
  const grew = grown(types, number(census.copy?.errorObjects));
  return (
    <>
      <p>
        Worker {census.tgid} at {clock(milliseconds(census.time))}: {counted(number(census.objects), "object")}, {bytes(number(census.bytes))}; copied in{" "}
        {duration(number(census.copy?.copyNs))},{" "}
        {census.copy?.idle ? "while no thread of it ran: the counts are exact." : `while it ran: counts may be off by ${counted(number(census.copy?.errorObjects), "object")}.`}
        {earlier && ` Compared with ${clock(milliseconds(earlier.time))}; what grew is marked ▲.`}
      </p>
      {(census.copy?.gaps ?? []).map((gap) => (
        <p key={gap}>{gap}</p>
      ))}
      <Treemap types={types} grew={new Set(grew.map((type) => type.type))} />
      <Holders census={census} />
      <Types types={tableOf(types, grew)} compared={!!earlier} who={who} busy={busy} />
    </>
  );
}

/** Of one worker: the latest census, and the one to compare it with. */
interface Taken {
  census: Census;
  earlier: Census | undefined;
}

export function CensusView({ report, recorded }: { report: Report; recorded: boolean }) {
  const [chosen, setChosen] = useState(0);
  const [taken, setTaken] = useState<Taken | undefined>();
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState("");
  const workers = (report.servers ?? []).flatMap((server) =>
    (server.workers ?? []).filter((worker) => worker.state !== "WORKER_STATE_EXITED").map((worker) => ({ server, tgid: worker.tgid ?? 0 })),
  );
  const worker = chosen || workers[0]?.tgid || 0;
  const ofIt = taken?.census.tgid === worker ? taken : undefined;

  async function take(types: string[]): Promise<void> {
    setBusy(true);
    setProblem("");
    try {
      const census = await takeCensus(worker, types);
      // Who holds a type is asked about the same moment, as far as can be: the growth stays.
      setTaken({ census, earlier: types.length > 0 ? ofIt?.earlier : ofIt?.census });
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
    setBusy(false);
  }

  return (
    <section>
      <h3>Census of a heap</h3>
      {recorded ? (
        <p>A recording has no heap to look into.</p>
      ) : (
        <p>
          <label>
            Worker{" "}
            <select value={worker} onChange={(event) => setChosen(Number(event.currentTarget.value))}>
              {workers.map(({ server, tgid }) => (
                <option key={tgid} value={tgid}>
                  {tgid} of {server.app || server.kind}
                </option>
              ))}
            </select>
          </label>{" "}
          <button type="button" disabled={busy || !worker} onClick={() => void take([])}>
            {ofIt ? "Take another and compare" : "Take a census"}
          </button>{" "}
          <span class="dim">The worker runs on meanwhile.</span>
        </p>
      )}
      <p role="status">{busy ? "Counting …" : problem && `No census: ${problem}`}</p>
      {ofIt && <Result census={ofIt.census} earlier={ofIt.earlier} who={(type) => void take([type])} busy={busy} />}
    </section>
  );
}
