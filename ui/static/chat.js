// Runs once, in the page's #or-bus (`js_on_load` of a gr.HTML component), and listens for the whole page. What a
// reader does goes to the server through `trigger`; only data attributes that ui/render wrote are read, and nothing is
// ever built into markup here. Events: 'offered' 'reworded' 'again' 'undo' 'edit' 'reopen' 'rename' 'forget' 'show'
// 'compare' 'held' 'judge' 'correct' 'supply' 'stop'.

const root = document.documentElement;
const layout = document.querySelector('#or-layout');
const part = (name) => document.querySelector(`#or-${name}`);
const narrow = () => getComputedStyle(part('right')).position === 'fixed';
let cameFrom = null; // the button that opened what lies over the chat
let shown = null; // the place that the panel stands at

function lay(over, on) {
  root.classList.toggle(`or-open-${over}`, on);
  settle();
}

function settle() { // what is covered cannot be reached by Tab either
  const rail = root.classList.contains('or-open-rail') && getComputedStyle(part('rail')).position === 'fixed';
  const panel = root.classList.contains('or-open-panel') && narrow();
  part('left').inert = rail || panel;
  part('right').inert = rail;
}

function back() {
  const lies = root.classList.contains('or-open-rail') || (root.classList.contains('or-open-panel') && narrow());
  for (const over of ['panel', 'rail']) lay(over, false);
  if (lies && cameFrom) cameFrom.focus({ preventScroll: true });
}

function beside(what) {
  root.classList.toggle('or-adds', what === 'adding');
  lay('rail', false);
  lay('panel', true);
}

// ---- a question was sent; the server's first picture may take a moment to come ----

let sending = 0;
function sent() {
  root.classList.add('or-sent');
  clearTimeout(sending);
  sending = setTimeout(arrived, 10000); // it was refused, and a notice says why
}

function arrived() {
  root.classList.remove('or-sent');
}

const begun = () => part('head').textContent.trim() !== '';
let early = false; // a question was sent before the page was there, whose first picture would wipe the answer

function ask(event) {
  const box = document.querySelector('#or-box textarea');
  const sends = event.type === 'click' ? event.target.closest('#or-send')
    : event.key === 'Enter' && !event.shiftKey && event.target === box;
  if (!sends || !box.value.trim()) return;
  sent();
  if (begun()) return;
  early = true;
  event.preventDefault();
  event.stopPropagation();
}

layout.addEventListener('keydown', ask, { capture: true });
layout.addEventListener('click', ask, { capture: true });

// ---- statements ----

function chipsOf(button) {
  const answer = button.closest('.or-answer');
  return answer ? [...answer.querySelectorAll('.or-body .or-chip')] : [];
}

function show(button) {
  const { statement, version, start, end, marker } = button.dataset;
  const chips = chipsOf(button);
  const position = chips.findIndex((chip) => chip.dataset.marker === marker);
  document.querySelectorAll('.or-chosen').forEach((chosen) => chosen.classList.remove('or-chosen'));
  button.classList.add('or-chosen');
  if (position >= 0) chips[position].classList.add('or-chosen');
  if (!button.closest('#or-right')) cameFrom = button;
  const answer = button.closest('.or-answer')?.dataset.answer;
  const place = { statement, version, start, end };
  shown = position < 0 ? place : { ...place, marker, answer, position: position + 1, count: chips.length };
  trigger('show', shown);
  beside('panel');
  showMark(); // the same place chosen again changes nothing that is watched below
}

function compare(button) {
  const { compare: statement, old, new: newer } = button.dataset;
  trigger('compare', { statement, old, new: newer });
}

function step(by) {
  const chosen = document.querySelector('.or-body .or-chip.or-chosen');
  const chips = chosen ? chipsOf(chosen) : [];
  const next = chips[chips.indexOf(chosen) + by];
  if (!next) return;
  next.scrollIntoView({ block: 'nearest' });
  show(next);
}

function showMark() {
  const panel = document.querySelector('#or-panel');
  const marks = [...panel.querySelectorAll('mark')];
  panel.scrollTop = 0; // with the title in sight, where the words are in sight as well
  const below = panel.getBoundingClientRect().bottom;
  if (marks.length && marks.at(-1).getBoundingClientRect().bottom > below) marks[0].scrollIntoView({ block: 'center' });
  const table = panel.querySelector('.or-scroll');
  if (table) table.scrollLeft = table.scrollWidth;
}

// ---- what is done to answers and conversations ----

function say(button, words) {
  const label = button.textContent;
  button.textContent = words;
  setTimeout(() => { button.textContent = label; }, 1500);
}

function copy(button, text, rich) {
  if (navigator.clipboard) { // word processors take the rich form, editors the plain one
    const as = (type, part) => ({ [type]: new Blob([part], { type }) });
    const item = rich && new ClipboardItem({ ...as('text/plain', text), ...as('text/html', rich) });
    const done = item ? navigator.clipboard.write([item]) : navigator.clipboard.writeText(text);
    done.then(() => say(button, 'Copied'));
    return;
  }
  const area = document.createElement('textarea'); // a page that is not served securely has no clipboard
  area.value = text;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
  say(button, 'Copied');
}

function act(button) {
  const answer = button.closest('.or-answer').dataset.answer;
  const what = button.dataset.act;
  if (what === 'link') {
    const link = new URL(window.location.href);
    link.search = `?answer=${encodeURIComponent(answer)}`;
    link.hash = '';
    copy(button, link.href);
  } else if (what === 'good') {
    trigger('judge', { answer, verdict: 'good' });
    button.setAttribute('aria-pressed', 'true');
    button.textContent = 'Marked as good';
  } else { // again, edit, undo: the button goes, and the focus would go with it
    trigger(what, { answer });
    if (what === 'edit' || !narrow()) document.querySelector('#or-box textarea').focus({ preventScroll: true });
  }
}

let renamed = ''; // the conversation whose row is made anew, and is to have the focus again

function rename(row) {
  if (row.querySelector('input')) return;
  const open = row.querySelector('.or-open');
  const input = document.createElement('input');
  input.value = open.querySelector('b').textContent;
  input.maxLength = 200;
  input.setAttribute('aria-label', 'Title of the conversation');
  const done = (keep) => {
    input.remove();
    open.hidden = false;
    if (keep && input.value.trim()) trigger('rename', { talk: row.dataset.talk, title: input.value });
    renamed = row.dataset.talk;
    open.focus();
  };
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') done(true);
    else if (event.key === 'Escape') done(false);
    if (event.key === 'Enter' || event.key === 'Escape') event.stopPropagation();
  });
  open.hidden = true;
  row.prepend(input);
  input.select();
}

function forget(button, row) {
  if (button.dataset.sure) {
    trigger('forget', { talk: row.dataset.talk });
    part('fresh').focus();
    return;
  }
  button.dataset.sure = 'yes';
  button.textContent = 'Delete for good?';
  button.addEventListener('blur', () => { delete button.dataset.sure; button.textContent = 'Delete'; }, { once: true });
}

function run(button) {
  const row = button.closest('[data-talk]');
  const what = button.dataset.do;
  if (what === 'reopen') {
    lay('rail', false);
    trigger('reopen', { talk: row.dataset.talk });
  } else if (what === 'rename') rename(row);
  else if (what === 'delete') forget(button, row);
  else if (what === 'rail') {
    cameFrom = button;
    lay('rail', true);
    document.querySelector('#or-rail .or-close').focus();
  } else if (what === 'held') {
    cameFrom = button;
    trigger('held', {});
    beside('panel');
  } else if (what === 'add') {
    cameFrom = button;
    beside('adding');
    document.querySelector('#or-adding h2')?.focus();
  } else if (what === 'return') {
    trigger('show', shown);
  } else if (what === 'stop') {
    trigger('stop', {});
    document.querySelector('#or-box textarea').focus();
  } else if (what === 'close') {
    root.classList.remove('or-adds');
    back();
  }
}

layout.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  const beside = root.classList.contains('or-open-rail') && !event.target.closest('#or-rail');
  if (beside || button?.id === 'or-fresh') back();
  if (!button || beside) return;
  const { statement, question, act: done, do: todo, step: by, copy: text, rich } = button.dataset;
  if (question || done === 'again' || button.dataset.alone) sent();
  if (statement) show(button);
  else if (question) trigger('offered', { question });
  else if (text) copy(button, text, rich);
  else if (done) act(button);
  else if (todo) run(button);
  else if (by) step(Number(by));
  else if (button.dataset.alone) trigger('reworded', { alone: true, wording: button.dataset.alone });
  else if (button.dataset.compare) compare(button);
});

layout.addEventListener('click', (event) => { // a chip of what was understood unfolds the form where it stands in it
  const chip = event.target.closest('.or-token[data-field]');
  const details = chip?.closest('details');
  if (!details || details.open || !chip.dataset.field) return;
  event.preventDefault();
  details.open = true;
  const words = chip.textContent;
  const stands = (input) => input.name === chip.dataset.field && (input.dataset.was ?? words) === words
    && (input.type !== 'checkbox' || input.value === words);
  [...details.querySelectorAll('input, textarea')].find(stands)?.focus();
});

layout.addEventListener('submit', (event) => {
  const form = event.target.closest('.or-form');
  if (!form) return;
  event.preventDefault();
  const fields = new FormData(form);
  const answer = form.closest('.or-answer')?.dataset.answer;
  if (form.dataset.mend) {
    trigger('correct', { mend: form.dataset.mend, ...Object.fromEntries(fields) });
  } else if (form.dataset.supply) {
    trigger('supply', { supply: form.dataset.supply, ...Object.fromEntries(fields) });
  } else if (form.elements.wording) {
    const names = [...form.querySelectorAll('[data-was]')].map((input) => [input.dataset.was, input.value]);
    const { wording, first, last } = Object.fromEntries(fields);
    const issuers = fields.getAll('issuer');
    const anyone = !issuers.length && form.querySelector('[name=issuer]') !== null;
    trigger('reworded', { wording, first, last, names, issuers, anyone });
  } else {
    trigger('judge', { answer, ...Object.fromEntries(fields) });
    const details = form.closest('details');
    details.open = false;
    details.querySelector('summary').textContent = 'Reported';
  }
});

document.addEventListener('keydown', (event) => {
  if (event.key === 'Escape') back();
});
window.addEventListener('resize', settle);

// ---- what the server has put into the page ----

function watchFor(id, then) {
  const part = document.querySelector(id);
  new MutationObserver(() => then(part)).observe(part, { childList: true, subtree: true });
}

watchFor('#or-head', () => {
  if (!early || !begun()) return;
  early = false;
  setTimeout(() => part('send').click()); // when the rest of the first picture is there as well
});

watchFor('#or-panel', (panel) => {
  if (!panel.querySelector('section')) return;
  showMark();
  if (narrow() && root.classList.contains('or-open-panel')) panel.querySelector('h2')?.focus({ preventScroll: true });
});

watchFor('#or-shelf', (shelf) => {
  if (!renamed || document.activeElement !== document.body) return;
  shelf.querySelector(`[data-talk="${CSS.escape(renamed)}"] .or-open`)?.focus();
  renamed = '';
});

let asked = '';
watchFor('#or-now', (now) => {
  arrived();
  const question = now.querySelector('.or-question');
  const words = question ? question.textContent : '';
  if (words && words !== asked) now.scrollIntoView({ block: 'start' });
  asked = now.querySelector('.or-answer[data-answer]') ? '' : words;
});

let talked = false;
watchFor('#or-top', (bar) => { // so that a reload comes back to the conversation
  const talk = bar.querySelector('[data-talk]')?.dataset.talk;
  if (!talk && !talked) return; // the page has not been asked yet what its address stands for
  talked = true;
  const here = new URL(window.location.href);
  if (talk) {
    here.searchParams.delete('answer');
    here.searchParams.set('conversation', talk);
  } else {
    here.searchParams.delete('conversation');
  }
  window.history.replaceState(null, '', here);
});
