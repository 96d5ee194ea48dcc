// The types of constants.js, which demo/ui/constants.py makes.

/** One part of the page's state, as in demo/core/state.py. */
export interface Key {
  name: string;
  kind: "choice" | "text" | "number" | "whole";
  default: string | number | null;
  choices: string[];
  low: number;
  high: number;
  step: number | null;
  label: string;
}

export type Controls = Record<string, number | string>;

export const GRID_UNIT: number;
export const KEYS: Record<string, Key>;
export const NEUTRAL: Controls;
/** What is compared -> the roles of the two networks, the plain one first. */
export const COMPARISONS: Record<string, [plain: string, helped: string]>;
export const OPENING: { dataset: string; sample: number; compare: string } & Record<string, any>;
export const IMAGE_SIZES: Record<string, [size: number, channels: number]>;
export const DIGIT_SIDE: number;
export const SHOWN: string[];
export const SHOWN_KEYS: string[];
export const SLIDERS: string[];
/** On a Space: where others open this page. Elsewhere null. */
export const SPACE_PAGE: string | null;
export const TABS: string[];
