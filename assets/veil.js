/* The veil: a window that has heard no good frame for five seconds says so, and since when; what it last showed stays faintly visible.
 *
 * It is about the connection only. When frames come but a bureau's feed does not, the domain's head and the feed line say that.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const PATIENCE = 5;  // seconds without a frame
  const WORDS = {
    title: {en: 'No connection', zh: '连接中断'},
    never: {en: 'Nothing has arrived yet. Trying again.', zh: '尚未收到数据，正在重试。'},
    alarms: {en: ' No new alarm arrives here.', zh: '此处收不到新告警。'},
  };

  function sentence() {
    const frame = deck.frame();
    if (!frame) return deck.text(WORDS.never);
    const time = deck.clock(frame.now, true), age = deck.age(deck.heard());
    return deck.language() === 'zh' ? `下方为 ${time} 的数据，${age}前。正在重试。` : `Shown below: ${time}, ${age} ago. Trying again.`;
  }

  function veil(element) {
    const veiled = (deck.replaying() ? Math.min(deck.heard(), deck.liveHeard()) : deck.heard()) > PATIENCE;  // a replay that is looked for is no loss
    document.documentElement.toggleAttribute('data-veiled', veiled);
    element.hidden = !veiled;
    if (!veiled) return;
    deck.put(element.querySelector('b'), deck.text(WORDS.title));
    deck.put(element.querySelector('span'), sentence() + deck.text(WORDS.alarms));
  }

  deck.paint('[data-veil]', {sections: () => ['*'], tick: true, draw: veil});
})();
