/* What an alarm desk sounds and says next: a pure function of what it knew, what it sees and the time. No audio, no clock, no page.
 *
 * sound.next(state, event, now) -> {state, acts}; sound.START is the state of a desk that has seen nothing; now in seconds.
 *
 * event  {kind: 'look', rows: [{id, occurrence, priority}...] or null, standing: number, flood: number, lost: ''|'process'|'connection'}
 *        rows: the alarms of this desk that wait for somebody, null before they are known; standing: all its alarms that are not laid aside;
 *        flood: the new alarms of the flood that is on at this desk, 0 for none
 *        {kind: 'silence'}
 * acts   {tone: 1|2|3|4|'lost'}, at most one a step; {say: 'alarm', id}, {say: 'more', count}, {say: 'flood', count},
 *        {say: 'standing', count, waiting}, {say: 'process'|'connection'|'back'}
 *
 * A new alarm sounds at once and is spoken; the worst that waits repeats until it is acknowledged. Silence ends with the next alarm and
 * acknowledges nothing (ISA-18.2-2016: silencing stops the sound and no more). In a flood there is one sound: the repetition of the
 * worst, nothing spoken but that it is one, and only a new critical alarm ends the silence.
 */
'use strict';
(function () {
  const deck = window.citydeck = window.citydeck || {};
  /* Seconds between two bursts: inside what IEC 60601-1-8 (table 3) leaves between bursts: high 2.5 to 15, medium to 30, low over 15. */
  const REPEAT = {1: 10, 2: 15, 3: 30, 4: 60, lost: 20};
  const COUNT = 900;    // a count is spoken every 15 minutes while any stands
  const SPOKEN = 3;     // of alarms that come together; of the rest only how many
  const CRITICAL = 1;
  const START = {calling: {}, begun: false, flood: false, silenced: false, lost: '', sounded: 0, counted: null};

  const isNew = (before, row) => !before || row.occurrence > before[0] || row.priority < before[1];
  const worst = (rows) => Math.min(...rows.map((row) => row.priority));
  const waits = (state) => Object.values(state.calling).map(([, priority]) => ({priority}));

  function next(state, event, now) {
    if (event.kind === 'silence') return {state: {...state, silenced: true}, acts: []};
    const after = {...state, sounded: Math.min(state.sounded, now)}, acts = [];  // clocks are set back
    trust(after, event.lost, acts);
    if (event.rows) take(after, event, now, acts);
    repeat(after, now, acts);
    if (!after.lost && event.rows) count(after, event, now, acts);
    if (acts.some((act) => act.tone)) after.sounded = now;
    return {state: after, acts};
  }

  /* Whether anybody keeps the alarms, and tells of them. */
  function trust(after, lost, acts) {
    if (after.lost === lost) return;
    after.silenced = after.silenced && !lost;
    after.lost = lost;
    acts.push(...(lost ? [{tone: 'lost'}, {say: lost}] : [{say: 'back'}]));
  }

  function take(after, event, now, acts) {
    const fresh = event.rows.filter((row) => isNew(after.calling[row.id], row)).sort((a, b) => a.priority - b.priority);
    after.calling = Object.fromEntries(event.rows.map((row) => [row.id, [row.occurrence, row.priority]]));
    const floods = event.flood > 0 && !after.flood;
    after.flood = event.flood > 0;
    if (!after.begun) begin(after, event, now, acts);
    else if (floods) flood(after, event, acts);
    else if (fresh.length) announce(after, fresh, acts);
    if (!event.rows.length && !after.lost) after.silenced = false;
  }

  /* What stood before this desk began to listen is counted, not told one by one. */
  function begin(after, event, now, acts) {
    after.begun = true;
    if (!event.rows.length) return;
    tone(acts, worst(event.rows));
    acts.push({say: 'standing', count: event.standing, waiting: event.rows.length});
    after.counted = now;
  }

  function flood(after, event, acts) {
    after.silenced = false;
    if (event.rows.length) tone(acts, worst(event.rows));
    acts.push({say: 'flood', count: event.flood});
  }

  function announce(after, fresh, acts) {
    after.silenced = after.silenced && after.flood && worst(fresh) !== CRITICAL;
    if (after.flood) return;
    tone(acts, worst(fresh));
    acts.push(...fresh.slice(0, SPOKEN).map((row) => ({say: 'alarm', id: row.id})));
    if (fresh.length > SPOKEN) acts.push({say: 'more', count: fresh.length - SPOKEN});
  }

  /* Two tones at once would be neither: that nobody keeps the alarms goes before any of them. */
  function tone(acts, name) {
    if (!acts.some((act) => act.tone)) acts.push({tone: name});
  }

  function repeat(after, now, acts) {
    const rows = waits(after), name = after.lost ? 'lost' : rows.length ? worst(rows) : null;
    if (after.silenced || name === null || acts.some((act) => act.tone) || now - after.sounded < REPEAT[name]) return;
    acts.push({tone: name}, ...(after.lost ? [{say: after.lost}] : []));
  }

  function count(after, event, now, acts) {
    if (!event.standing) after.counted = null;
    else if (after.counted === null) after.counted = now;
    else if (now - after.counted >= COUNT) {
      after.counted = now;
      acts.push({say: 'standing', count: event.standing, waiting: event.rows.length});
    }
  }

  deck.sound = {next, START};
})();
