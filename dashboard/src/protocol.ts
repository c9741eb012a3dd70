// The messages of proto/linger/v1 in protobuf's JSON, as far as the page reads them. 64-bit integers are strings, and
// fields that are zero or empty are left out. What each field means stands in the protos.

export type Whole = string | number;
/** A double: "Infinity", "-Infinity" and "NaN" are strings too. */
export type Real = string | number;

/** A number of a message; a field that is left out is 0. */
export function number(value: Whole | undefined): number {
  return value === undefined ? 0 : Number(value);
}

/** Milliseconds since 1970 of a google.protobuf.Timestamp, with their fraction, which Date leaves out. */
export function milliseconds(time: string | undefined): number {
  if (time === undefined) return 0;
  const fraction = /\.(\d+)Z$/.exec(time)?.[1] ?? "";
  return Date.parse(time.replace(/\.\d+Z$/, "Z")) + Number(`0.${fraction || 0}`) * 1000;
}

/** Nanoseconds by cause: onCpuNs, runQueueNs, ..., and wallNs. */
export type CauseTimes = Partial<Record<string, Whole>>;

export interface Quantiles {
  minNs?: Whole;
  p50Ns?: Whole;
  p90Ns?: Whole;
  p99Ns?: Whole;
  maxNs?: Whole;
  meanNs?: Whole;
}

export interface Site {
  cause?: string;
  what?: string;
  waits?: Whole;
  totalNs?: Whole;
  maxNs?: Whole;
  requests?: Whole;
  code?: string;
  statement?: string;
  heldLoop?: boolean;
}

export interface MemorySite {
  what?: string;
  retainedBytes?: Whole;
  count?: Whole;
}

export interface SmallObjects {
  retainedBytesPerRequest?: Real;
  low?: Real;
  high?: Real;
}

export interface EndpointMemory {
  allocatedBytes?: Whole;
  retainedBytes?: Whole;
  retainedBytesPerRequest?: Real;
  low?: Real;
  high?: Real;
  tier?: string;
  sites?: MemorySite[];
  smallObjects?: SmallObjects;
}

export interface Endpoint {
  method?: string;
  route?: string;
  requests?: Whole;
  errors?: Whole;
  wall?: Quantiles;
  time?: CauseTimes;
  sites?: Site[];
  memory?: EndpointMemory;
  server?: number;
}

export interface Evidence {
  name?: string;
  text?: string;
}

export interface Finding {
  id?: string;
  rule?: string;
  severity?: string;
  title?: string;
  detail?: string;
  evidence?: Evidence[];
  remedy?: string;
  endpoints?: string[];
  workers?: number[];
  firstSeen?: string;
  lastSeen?: string;
  server?: number;
  explainedBy?: string[];
  effect?: { requestSecondsPerSecond?: Real; bytesPerHour?: Real; requestsLostPerHour?: Real };
}

export interface WorkerMemory {
  residentBytes?: Whole;
  anonymousBytes?: Whole;
  growthBytes?: Whole;
  highWaterBytes?: Whole;
}

export interface PeerConnections {
  address?: string;
  name?: string;
  open?: Whole;
  inUse?: Whole;
  idle?: Whole;
  idleInTransaction?: Whole;
}

export interface GrownType {
  type?: string;
  objects?: Whole;
  bytes?: Whole;
  holders?: RetainingPath[];
}

export interface Worker {
  tgid?: number;
  state?: string;
  requests?: Whole;
  blocked?: CauseTimes;
  memory?: WorkerMemory;
  restarts?: number;
  threads?: number;
  waitsOn?: string;
  openRequestNs?: Whole;
  openRequest?: string;
  utilization?: Real;
  startTime?: string;
  exitReason?: string;
  connections?: PeerConnections[];
  heapGrowth?: { types?: GrownType[]; gap?: string };
}

export interface ListenQueue {
  address?: string;
  length?: number;
  maxLength?: number;
  limit?: number;
  dropped?: Whole;
}

export interface Performance {
  requestsPerSecond?: Real;
  queueMeanNs?: Whole;
  queueP95Ns?: Whole;
  wallP50Ns?: Whole;
  wallP95Ns?: Whole;
}

export interface Prediction {
  workerClass?: string;
  workers?: number;
  threads?: number;
  performance?: Performance;
  residentBytes?: Whole;
  advised?: boolean;
}

export interface WhatIf {
  requests?: Whole;
  cpus?: number;
  measured?: Performance;
  present?: Prediction;
  alternatives?: Prediction[];
}

export interface Server {
  masterTgid?: number;
  kind?: string;
  app?: string;
  workerClass?: string;
  workersConfigured?: number;
  threadsPerWorker?: number;
  listen?: string[];
  pythonVersion?: string;
  container?: string;
  workers?: Worker[];
  timeoutSeconds?: number;
  gaps?: string[];
  listenQueues?: ListenQueue[];
  whatIf?: WhatIf;
}

export interface Window {
  startTime?: string;
  endTime?: string;
  durationNs?: Whole;
}

export interface Coverage {
  requestsSeen?: Whole;
  requestsBroken?: Whole;
  requestsLost?: Whole;
  recordsSeen?: Whole;
  recordsLost?: Whole;
  agentCpuNs?: Whole;
  bpfRunNs?: Whole;
  agentRssBytes?: Whole;
  hostCpuNs?: Whole;
  hostStealNs?: Whole;
  hostBusyNs?: Whole;
  gaps?: string[];
}

export interface Report {
  window?: Window;
  servers?: Server[];
  endpoints?: Endpoint[];
  findings?: Finding[];
  coverage?: Coverage;
}

export interface WorkersMoment {
  time?: string;
  servers?: Server[];
}

export interface Request {
  tgid?: number;
  startTime?: string;
  method?: string;
  route?: string;
  status?: number;
  time?: CauseTimes;
  server?: number;
}

export interface SeenRequest {
  request?: Request;
  requestsSkipped?: Whole;
}

export interface TypeCount {
  type?: string;
  objects?: Whole;
  bytes?: Whole;
}

export interface RetainingPath {
  text?: string;
  objects?: Whole;
}

export interface Census {
  tgid?: number;
  pythonVersion?: string;
  time?: string;
  types?: TypeCount[];
  objects?: Whole;
  bytes?: Whole;
  copy?: { idle?: boolean; errorObjects?: Whole; copyNs?: Whole; gaps?: string[] };
  retainers?: { type?: string; objects?: Whole; paths?: RetainingPath[] }[];
}
