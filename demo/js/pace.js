// How many requests may be in flight. On a slow network it takes several to keep the server busy; on a fast one more
// than two only wait for each other at the server, and the picture lags behind the hand.

function createPace({ least = 2, most = 6 } = {}) {
  let trip = null; // the shortest round trip seen lately, ms: what it takes without waiting in line
  let work = null; // what the server needs for one answer, ms, smoothed
  return {
    note(roundTrip, serverTime) {
      trip = trip === null ? roundTrip : Math.min(roundTrip, trip * 1.01); // forgets an old record slowly
      if (serverTime > 0) work = work === null ? serverTime : 0.9 * work + 0.1 * serverTime;
    },
    limit() {
      if (trip === null || work === null) return most;
      return Math.max(least, Math.min(most, Math.ceil(trip / work)));
    },
  };
}
