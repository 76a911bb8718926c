/* Tones: synthesised here, no files. One burst for each priority, and one of its own for the loss of the alarm process.
 *
 * tone.ready()       whether this window may sound: browsers hold sound back until somebody has clicked or pressed a key in it
 * tone.arm()         promise of ready(): asks the browser, best from inside a click
 * tone.play(name)    1 (critical) to 4 (low), or 'lost'; returns how many seconds the burst lasts
 * tone.stop()        ends what is sounding
 * tone.onChange(fn)  fn() when ready() may have changed
 *
 * The bursts follow IEC 60601-1-8:2006, tables 3 and 4, made for rooms in which people work beside alarms for hours: urgency is in the number and
 * the pace of pulses (ten, three, two), a pulse has a fundamental between 150 and 1,000 Hz and at least four harmonics within 15 dB, by
 * which people can tell where it comes from, and it rises and falls softly. That standard has three priorities: of our four the
 * critical one has its burst of ten, the high one the half of it. The lost burst falls in pitch, as no other does.
 */
'use strict';
(function () {
  const deck = window.citydeck = window.citydeck || {};
  const HARMONICS = [0, 1, 0.7, 0.5, 0.4, 0.3];  // the weakest 10 dB below the fundamental
  const LOUD = 0.25, EDGE = 0.02;                // share of full scale; seconds in which a pulse rises and falls
  const five = (at, low, high) => [[at, low], [at + 0.2, low], [at + 0.4, high], [at + 0.8, low], [at + 1, high]];
  /* [starts at, Hz] of each pulse, and how long a pulse lasts; seconds. */
  const BURSTS = {
    1: {pulses: [...five(0, 660, 880), ...five(1.6, 660, 880)], lasts: 0.12},
    2: {pulses: five(0, 523, 659), lasts: 0.12},
    3: {pulses: [[0, 440], [0.35, 440], [0.7, 523]], lasts: 0.18},
    4: {pulses: [[0, 392], [0.4, 330]], lasts: 0.2},
    lost: {pulses: [[0, 880], [0.3, 440], [0.6, 220], [1.2, 880], [1.5, 440], [1.8, 220]], lasts: 0.25},
  };
  const listeners = [];
  let context = null, wave = null, master = null;

  function open() {
    if (context || typeof AudioContext !== 'function') return;
    context = new AudioContext();
    wave = context.createPeriodicWave(new Float32Array(HARMONICS.length), Float32Array.from(HARMONICS));
    context.onstatechange = () => listeners.forEach((fn) => fn());
  }
  const ready = () => Boolean(context) && context.state === 'running';

  async function arm() {
    open();
    if (context && !ready()) await Promise.race([context.resume().catch(() => {}), new Promise((resolve) => { setTimeout(resolve, 500); })]);
    return ready();
  }

  function pulse(at, hertz, lasts) {
    const voice = context.createOscillator(), loudness = context.createGain(), end = at + lasts;
    voice.setPeriodicWave(wave);
    voice.frequency.value = hertz;
    loudness.gain.setValueAtTime(0, at);
    loudness.gain.linearRampToValueAtTime(LOUD, at + EDGE);
    loudness.gain.setValueAtTime(LOUD, end - EDGE);
    loudness.gain.linearRampToValueAtTime(0, end);
    voice.connect(loudness).connect(master);
    voice.start(at);
    voice.stop(end);
  }

  function stop() {
    if (master) master.disconnect();
    master = null;
  }

  function play(name) {
    stop();
    if (!ready()) return 0;
    master = context.createGain();
    master.connect(context.destination);
    const {pulses, lasts} = BURSTS[name], from = context.currentTime + 0.05;
    pulses.forEach(([at, hertz]) => pulse(from + at, hertz, lasts));
    return pulses[pulses.length - 1][0] + lasts;
  }

  deck.tone = {ready, arm, play, stop, onChange: (fn) => { listeners.push(fn); }};
})();
