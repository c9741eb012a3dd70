// Asking the agent for a census, and what two of them tell.

import { number, type Census, type TypeCount } from "./protocol";

/** The Census, or an Error with a sentence of the agent's. */
export async function takeCensus(worker: number, types: string[] = []): Promise<Census> {
  const answer = await fetch("/api/v1/census", {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-Linger": "page" },
    body: JSON.stringify({ worker, types }),
  });
  if (!answer.ok) throw new Error((await answer.text()).trim() || `status ${answer.status}`);
  return ((await answer.json()) as { census?: Census }).census ?? {};
}

export interface CountedType {
  type: string;
  objects: number;
  bytes: number;
  /** Since the census before; 0 where there is none. */
  moreObjects: number;
  moreBytes: number;
}

/** The types of `later`, the most bytes first, with what there is more of them than in `earlier`. */
export function countedTypes(later: Census, earlier: Census | undefined): CountedType[] {
  const before = new Map<string, TypeCount>((earlier?.types ?? []).map((type) => [type.type ?? "", type]));
  return (later.types ?? []).map((type) => {
    const then = earlier ? (before.get(type.type ?? "") ?? {}) : type;
    return {
      type: type.type ?? "",
      objects: number(type.objects),
      bytes: number(type.bytes),
      moreObjects: number(type.objects) - number(then.objects),
      moreBytes: number(type.bytes) - number(then.bytes),
    };
  });
}

/** Of the type that grew most, so much is worth a word. */
const least_part = 0.02;

/** Those that there are more of, the most bytes first; what the copies may be off by is no growth. */
export function grown(types: CountedType[], errorObjects: number): CountedType[] {
  const more = types.filter((type) => type.moreObjects > errorObjects && type.moreBytes > 0).sort((a, b) => b.moreBytes - a.moreBytes);
  return more.filter((type) => type.moreBytes >= least_part * more[0]!.moreBytes);
}
