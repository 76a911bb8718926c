/* The browser's side of the long tables: column names and cells in the language of the window, rows from frames.
 *
 * rows(id, list)   the grid `id` holds exactly these rows (by its getRowId); only what differs is touched, nothing is sorted anew
 * choose(id, fn)   fn(row or null) whenever a person selects a row
 * Cells are written as text, never as markup.
 */
'use strict';
(function () {
  const deck = window.citydeck;
  const root = new URL('../', document.currentScript.src).pathname;
  const WORDS = {
    colon: {en: ': ', zh: '：'},
    active: {en: 'active', zh: '运行'}, standby: {en: 'standby', zh: '备用'}, dead: {en: 'silent', zh: '失联'}, waiting: {en: 'waiting', zh: '等待'}, stopped: {en: 'stopped', zh: '停写'}, damaged: {en: 'files damaged', zh: '文件损坏'},
    ingest: {en: 'ingest', zh: '接入'}, frames: {en: 'frames', zh: '画面'}, judge: {en: 'judge', zh: '判定'}, alarms: {en: 'alarms', zh: '告警'}, notify: {en: 'notify', zh: '通知'}, web: {en: 'web', zh: '网页'}, history: {en: 'history', zh: '历史'}, replay: {en: 'replay', zh: '回放'}, exercise: {en: 'exercise', zh: '演练'}, over: {en: 'over', zh: '结束'},
    undecodable: {en: 'cannot be decoded', zh: '无法解码'}, corrupt_batch: {en: 'corrupt batch', zh: '批次损坏'},
    unknown_metric: {en: 'unknown metric', zh: '未知指标'}, incompatible_unit: {en: 'unit does not fit', zh: '单位不符'},
    impossible_coordinate: {en: 'impossible position', zh: '坐标无效'}, not_finite: {en: 'not a finite number', zh: '数值非有限'},
    time_in_seconds: {en: 'time in seconds', zh: '时间单位为秒'}, too_many_series: {en: 'too many series', zh: '序列过多'},
  };
  const STATES = [
    {en: 'live', zh: '正常'}, {en: 'critical', zh: '危急'}, {en: 'high', zh: '高'}, {en: 'medium', zh: '中'}, {en: 'low', zh: '低'},
    {en: 'only bad readings', zh: '仅有坏值'}, {en: 'stale', zh: '超时'}, {en: 'never heard', zh: '从未上报'},
  ];
  const RANKS = [7, 0, 1, 2, 3, 4, 5, 6];  // worst first, live last
  const SIGNS = ['solid', 'half', 'out', 'grey'];  // by column `a` of a frame
  const DOTS = ['live', '', '', '', '', 'bad', 'stale', 'never'];

  deck.state = (code) => deck.text(STATES[code]);
  deck.rank = (code) => RANKS[code];
  /* A code as words: of a domain its name, of a refusal its reason with what was wrong after the colon. */
  deck.word = function (code) {
    if (code === null || code === undefined) return '';
    const [head, ...rest] = String(code).split(':'), domain = deck.domain(head);
    const said = domain ? deck.text(domain.label) : WORDS[head] ? deck.text(WORDS[head]) : head;
    return rest.length ? said + deck.text(WORDS.colon) + rest.join(':').trim() : said;
  };
  /* The sign of a sensor's state: a mark where a condition is active, else a neutral dot, hollow where nothing good comes. */
  deck.sign = (code, style) => (code >= 1 && code <= 4 ? deck.mark(code, SIGNS[style || 0]) : `<i class="dot ${DOTS[code] || ''}${style === 3 ? ' aside' : ''}"></i>`);

  const known = (value) => value !== null && value !== undefined;
  const CELLS = {
    number: (value, context) => deck.number(value, context.decimals || 0),
    age: (value) => deck.age(known(value) ? deck.now() - value : null),
    clock: (value) => deck.clock(value, true),
    state: (value) => deck.state(value),
    word: (value) => deck.word(value),
  };
  const functions = window.dashAgGridFunctions = window.dashAgGridFunctions || {};
  functions.deckHeader = (params) => deck.text(params.colDef.context);
  functions.deckCell = (params) => CELLS[params.colDef.context.kind](params.value, params.colDef.context);

  const components = window.dashAgGridComponentFunctions = window.dashAgGridComponentFunctions || {};
  components.DeckSign = (params) => window.React.createElement('span', {className: 'sign', dangerouslySetInnerHTML: {__html: deck.sign(params.data.s)}});
  components.DeckPlace = (params) => window.React.createElement('a', {href: deck.sensorPath(params.data.id), 'data-go': '1'}, params.value);
  /* A feed opens to its partitions: by the button, which a keyboard reaches as well. */
  components.DeckFeed = (params) => (params.data.partitions
    ? window.React.createElement('button', {type: 'button', className: 'fold', 'aria-expanded': params.data.open, 'data-fold': params.value}, deck.word(params.value))
    : window.React.createElement('span', {className: 'folded'}));

  deck.path = (rest) => root + rest;
  deck.sensorPath = (id) => deck.path('sensor/' + encodeURIComponent(id));

  /* ---- rows */
  const open = new Map();  // id -> api of the grid that stands in the page
  function api(id) {
    const found = open.get(id);
    return found && !found.isDestroyed() ? found : null;
  }

  deck.rows = function (id, list) {
    const grid = api(id);
    if (!grid) return;
    const key = grid.getGridOption('getRowId'), now = new Map(list.map((row) => [String(key({data: row})), row]));
    const change = {add: [], update: [], remove: []};
    grid.forEachNode((node) => { if (!now.has(node.id)) change.remove.push(node.data); });
    now.forEach((row, name) => {
      const node = grid.getRowNode(name);
      if (!node) change.add.push(row);
      else if (row !== node.data && Object.keys(row).some((field) => row[field] !== node.data[field])) change.update.push(row);
    });
    if (change.add.length || change.update.length || change.remove.length) grid.applyTransaction(change);
  };

  /* Ready grids are found by their first element; Dash may draw a page again at any time. */
  const waiting = [], choosers = new Map();
  deck.choose = (id, fn) => choosers.set(id, fn);
  deck.onGrid = (fn) => { waiting.push(fn); };
  deck.mount('.grid .ag-root', (element) => {
    const id = element.closest('.grid').id;
    window.dash_ag_grid.getApiAsync(id).then((grid) => {
      open.set(id, grid);
      /* Nobody asks Dash what is selected, and its handler of the first moments throws: it was made before the grid was known to it. */
      grid.setGridOption('onSelectionChanged', undefined);
      grid.addEventListener('selectionChanged', () => { if (choosers.has(id)) choosers.get(id)(grid.getSelectedRows()[0] || null); });
      waiting.forEach((fn) => fn(id));
    });
  });
  deck.gridApi = api;

  deck.onLanguage(() => open.forEach((grid, id) => { if (api(id)) { grid.refreshHeader(); grid.refreshCells({force: true, suppressFlash: true}); } }));
  deck.second(() => open.forEach((grid, id) => {
    if (api(id)) grid.refreshCells({force: true, columns: grid.getColumns().filter((column) => column.getColDef().context.kind === 'age')});
  }));
})();
