// Types that several modules speak of, and what the page leaves on `window`.

/** x to the right and y down; on the input or the output, in [-1, 1] from edge to edge. */
export type Point = [x: number, y: number];

/** Points of the input, row by row, each x before y: `side` by `side` of them. */
export interface Lattice {
  points: Float32Array;
  side: number;
}

/** An image as the server sends it: `data` is base64, row by row, channels innermost. */
export interface Encoded {
  width: number;
  height: number;
  channels: number;
  data: string;
}

/** An image in numbers from 0 to 1, row by row, channels innermost. */
export interface Values {
  width: number;
  height: number;
  channels: number;
  values: Float32Array;
}

/** What a stroke is drawn with, thickest first: [colour, width in CSS pixels]. */
export type Passes = [colour: string, width: number][];

export type Colours = Record<string, string>;

/** What the page shows. Besides these keys, one number for each control. */
export interface State {
  dataset: string;
  sample: number;
  model?: string | null;
  [control: string]: any;
}

/** An image of the visitor's own, for a data set: base64 of its bytes. */
export interface Own {
  dataset: string;
  image: string;
}

/** Server functions of a widget: each takes one object and answers with one, or with undefined where it cannot. */
export type Server = Record<string, (request: object) => Promise<any>>;

export type Store = ReturnType<typeof import("./store.js").createStore>;

declare global {
  interface Window {
    stnPage?: Store; // the store: for tests, and for whoever tries the page in the console
    stnPlay?: object; // and of each tab what its tests wait for
    stnLook?: object;
    stnRobustness?: object;
    stnTrain?: object;
    stnGallery?: object;
  }
  interface Uint8ArrayConstructor {
    fromBase64?(text: string): Uint8Array<ArrayBuffer>; // not in every browser yet
  }
}
