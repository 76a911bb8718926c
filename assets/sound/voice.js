/* The voice: only one that this machine has itself (`localService`), in the language of the window. Where there is none, tones do alone.
 *
 * voice.has()          whether there is such a voice
 * voice.say(text, after)  speaks when what was said before has ended, and `after` seconds at the earliest
 * voice.hush()         ends what is spoken and forgets what waits
 * voice.onChange(fn)   fn() when the voices are known: browsers learn of them late
 */
'use strict';
(function () {
  const deck = window.citydeck = window.citydeck || {};
  const speech = window.speechSynthesis;
  /* Chinese as browsers name it (zh-CN) and as some engines of Linux do (cmn); Cantonese is another language. */
  const NAMES = {en: /^en\b/i, zh: /^(zh(?!.*(HK|yue))|cmn)\b/i};
  const waiting = new Set();

  const find = () => (speech ? speech.getVoices().find((voice) => voice.localService && NAMES[deck.language()].test(voice.lang.replace('_', '-'))) : undefined);

  function say(text, after) {
    const timer = setTimeout(() => {
      waiting.delete(timer);
      const voice = find();
      if (!voice) return;
      const words = new SpeechSynthesisUtterance(text);
      words.voice = voice;
      words.lang = voice.lang;
      speech.speak(words);
    }, after * 1000);
    waiting.add(timer);
  }

  function hush() {
    waiting.forEach(clearTimeout);
    waiting.clear();
    if (speech) speech.cancel();
  }

  deck.voice = {has: () => Boolean(find()), say, hush, onChange: (fn) => { if (speech) speech.addEventListener('voiceschanged', fn); }};
})();
