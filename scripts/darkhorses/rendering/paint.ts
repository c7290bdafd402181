import { styleText } from "node:util";

export type Style = Parameters<typeof styleText>[0];

/** Gives a text a colour, where colours are shown. */
export type Paint = (style: Style, text: string) => string;

export function createPaint(isColoured: boolean): Paint {
  return (style, text) => isColoured ? styleText(style, text, { validateStream: false }) : text;
}
