// What is said of a worker or an endpoint in more than one place.

import { bytes } from "./figures";
import { number, type Endpoint, type Worker } from "./protocol";

/** "2.1 KB (1.9 KB to 2.3 KB)"; a dash where nothing was measured. */
export function keptText(endpoint: Endpoint): string {
  const memory = endpoint.memory;
  if (!memory?.tier || memory.tier === "MEMORY_TIER_UNSPECIFIED") return "–";
  return `${bytes(number(memory.retainedBytesPerRequest))} (${bytes(number(memory.low))} to ${bytes(number(memory.high))})`;
}

/** Of what is kept, that in small objects; empty where none is sure to be. */
export function smallObjectsText(endpoint: Endpoint): string {
  const small = endpoint.memory?.smallObjects;
  if (number(small?.low) <= 0) return "";
  return `of it in small objects ${bytes(number(small?.retainedBytesPerRequest))} (${bytes(number(small?.low))} to ${bytes(number(small?.high))})`;
}

export function stateInWords(worker: Worker): string {
  switch (worker.state) {
    case "WORKER_STATE_IDLE":
      return "idle";
    case "WORKER_STATE_BUSY":
      return "busy";
    case "WORKER_STATE_BLOCKED":
      return `waits: ${worker.waitsOn || "not known for what"}`;
    case "WORKER_STATE_EXITED":
      return worker.exitReason || "ended";
    default:
      return "not seen at work yet";
  }
}
