/* Numbers, ages and times as a person reads them, in the language of the window and the zone of the site. */
'use strict';
(function () {
  const deck = window.citydeck = window.citydeck || {};
  const MINUS = '\u2212', ABSENT = '\u2013';
  const AGES = {en: {s: ' s', m: ' min', h: ' h', d: ' d'}, zh: {s: ' 秒', m: ' 分', h: ' 时', d: ' 天'}};
  const formats = new Map();
  let zone = 'UTC';

  const pad = (value) => String(value).padStart(2, '0');
  const units = () => AGES[deck.language() === 'zh' ? 'zh' : 'en'];

  /* Fixed decimals, thousands kept apart, a true minus; what rounds to zero is 0, not -0. */
  deck.number = function (value, decimals) {
    if (value === null || value === undefined || !Number.isFinite(value)) return ABSENT;
    const digits = Math.abs(value).toFixed(decimals);
    const [whole, rest] = digits.split('.');
    const grouped = whole.length > 4 ? whole.replace(/\B(?=(\d{3})+$)/g, ',') : whole;
    return (value < 0 && Number(digits) !== 0 ? MINUS : '') + grouped + (rest ? '.' + rest : '');
  };

  /* One unit below an hour (12 s, 14 min), hours with minutes below a day (1 h 01), then days. */
  deck.age = function (seconds) {
    if (seconds === null || seconds === undefined || !Number.isFinite(seconds)) return ABSENT;
    const whole = Math.max(0, Math.floor(seconds)), name = units();
    if (whole < 60) return whole + name.s;
    if (whole < 3600) return Math.floor(whole / 60) + name.m;
    if (whole < 86400) return Math.floor(whole / 3600) + name.h + ' ' + pad(Math.floor(whole / 60) % 60);
    return Math.floor(whole / 86400) + name.d;
  };

  /* A length of time that somebody has set: as age, but 1 h and not 1 h 00. */
  deck.span = (seconds) => deck.age(seconds).replace(/ 00$/, '');

  /* As age, but with seconds below an hour: how long the condition of the alarm line has lasted. */
  deck.duration = function (seconds) {
    if (!(seconds >= 60 && seconds < 3600)) return deck.age(seconds);
    const whole = Math.floor(seconds), name = units();
    return Math.floor(whole / 60) + name.m + ' ' + pad(whole % 60) + name.s;
  };

  function format(key, locale, options) {
    const name = key + locale + zone;
    if (!formats.has(name)) formats.set(name, new Intl.DateTimeFormat(locale, {...options, timeZone: zone}));
    return formats.get(name);
  }

  deck.setZone = (name) => { zone = name; };
  deck.zone = () => zone;

  /* 14:32 or 14:32:07 in the site's zone; `time` in seconds since the epoch. */
  deck.clock = function (time, withSeconds) {
    if (time === null || time === undefined) return ABSENT;
    const options = {hour: '2-digit', minute: '2-digit', hourCycle: 'h23', ...(withSeconds ? {second: '2-digit'} : {})};
    return format(withSeconds ? 'hms' : 'hm', 'en-GB', options).format(time * 1000);
  };

  /* Fri 20 Nov, or 11月20日 周五. */
  deck.date = function (time) {
    const locale = deck.language() === 'zh' ? 'zh-CN' : 'en-GB';
    const options = locale === 'zh-CN' ? {month: 'long', day: 'numeric', weekday: 'short'} : {weekday: 'short', day: 'numeric', month: 'short'};
    const found = Object.fromEntries(format('date', locale, options).formatToParts(time * 1000).map((part) => [part.type, part.value]));
    return locale === 'zh-CN' ? found.month + (found.month.endsWith('月') ? '' : '月') + found.day + '日 ' + found.weekday
      : found.weekday + ' ' + found.day + ' ' + found.month;
  };

  /* UTC+8 at that moment (a zone may have summer time). */
  deck.offset = function (time) {
    const parts = format('offset', 'en-GB', {timeZoneName: 'shortOffset'}).formatToParts(time * 1000);
    return parts.find((part) => part.type === 'timeZoneName').value.replace('GMT', 'UTC').replace('-', MINUS);
  };
})();
