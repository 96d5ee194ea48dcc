// How many requests may be in flight. On a slow network it takes several to keep the server busy; on a fast one more
// than two only wait for each other at the server, and the image lags behind the hand.

const REMEMBERED = 7; // answers
const LONGEST_GAP = 50; // ms: a single slow answer must not make the next ones wait

export function createPace({ least = 2, most = 6, now = () => performance.now() } = {}) {
  let trip = null; // ms of a round trip that did not wait in line
  /** @type {number[]} */
  const works = []; // what the server needed for the last answers, ms
  let work = null; // the median of these: the first answer of a server that was just started takes a second
  let inFlight = 0;

  function note(roundTrip, serverTime, alone) {
    // With nothing else in flight, a trip says what the network takes now, be it more than before. Among others it may
    // only have waited in line, so a network that turns slow while the hand moves is noticed when the hand rests.
    trip = trip === null || alone ? roundTrip : Math.min(roundTrip, trip);
    if (!(serverTime > 0)) return;
    works.push(serverTime);
    if (works.length > REMEMBERED) works.shift();
    work = [...works].sort((a, b) => a - b)[works.length >> 1];
  }

  function limit() {
    if (trip === null || work === null) return most;
    return Math.max(least, Math.min(most, Math.ceil(trip / work)));
  }

  return {
    // `call`, timed: a function that asks the server and resolves to an answer with its `milliseconds`.
    timed: (call) => async (request) => {
      const [start, alone] = [now(), inFlight === 0];
      inFlight += 1;
      try {
        const answer = await call(request);
        note(now() - start, answer.milliseconds, alone);
        return answer;
      } finally {
        inFlight -= 1;
      }
    },
    limit,
    // ms between two requests where as many as possible are in flight: spread evenly over a round trip.
    gap: () => (trip !== null && limit() === most ? Math.min(trip / most, LONGEST_GAP) : 0),
  };
}
