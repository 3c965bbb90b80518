// Amounts that are signed or added: whole tokens as text, smallest units as integers, never a float.

const DECIMALS = 18;

/** Smallest units as whole tokens. */
export function tokens(units: bigint, decimals = DECIMALS): string {
  const digits = units.toString().padStart(decimals + 1, "0");
  const fraction = digits.slice(-decimals).replace(/0+$/, "");
  return fraction ? `${digits.slice(0, -decimals)}.${fraction}` : digits.slice(0, -decimals);
}

/** Whole tokens as smallest units; nothing where it is no amount or has more digits than the token. */
export function units(text: string, decimals = DECIMALS): bigint | undefined {
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(text.trim().replaceAll(",", ""));
  const [, integer = "", fraction = ""] = parts ?? [];
  if (!parts || fraction.length > decimals) return undefined;
  return BigInt(integer + fraction.padEnd(decimals, "0"));
}
