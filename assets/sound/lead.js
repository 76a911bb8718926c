/* One browser sounds once, however many windows it has: the window that leads holds a lease, which the others read.
 *
 * lead.hold()       takes the lease or keeps it, once a second; false while another window has it
 * lead.leave()      gives it up at once
 * lead.other()      whether another window has it
 * lead.tell(state)  leaves what the desk knows to whoever leads next; lead.told() is that, null when nobody led lately
 * lead.now()        seconds, the same in all windows
 *
 * In localStorage and not a Web Lock: those need TLS, and a desk of a closed network may have none. Two windows may both take a lease that has
 * run out; a second later one of them reads that it is the other's.
 */
'use strict';
(function () {
  const deck = window.citydeck = window.citydeck || {};
  const LEASE = 'citydeck-sound-lease', STATE = 'citydeck-sound-state', LASTS = 3, RECENT = 10;  // seconds
  const me = Math.random().toString(36).slice(2);

  const now = () => (performance.timeOrigin + performance.now()) / 1000;
  function read(key) {
    try { return JSON.parse(localStorage.getItem(key)); } catch (error) { return null; }
  }
  function write(key, value) {
    try { localStorage.setItem(key, JSON.stringify(value)); } catch (error) { /* nothing is kept: each window sounds for itself */ }
  }
  /* A lease that reaches far into the future is one from before the clock was set back. */
  function other() {
    const lease = read(LEASE);
    return Boolean(lease) && lease.id !== me && lease.until > now() && lease.until < now() + 2 * LASTS;
  }

  function hold() {
    if (other()) return false;
    write(LEASE, {id: me, until: now() + LASTS});
    return true;
  }
  function leave() {
    const lease = read(LEASE);
    if (lease && lease.id === me) write(LEASE, {id: me, until: now()});
  }
  function told() {
    const lease = read(LEASE);
    return lease && Math.abs(now() - lease.until) < RECENT ? read(STATE) : null;
  }

  deck.lead = {hold, leave, other, now, told, tell: (state) => write(STATE, state)};
})();
