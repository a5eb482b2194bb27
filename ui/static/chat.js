// Runs once for the conversation and once for the statement panel (`js_on_load` of their gr.HTML components).
// Only data attributes that ui/render.py wrote are read; nothing is ever built into markup here.

const page = document.documentElement;
const isPanel = Boolean(element.closest('#or-panel'));

function openPanel(open) {
  page.classList.toggle('or-open-panel', open);
}

function closePanel() {
  openPanel(false);
  document.querySelector('.or-chosen')?.focus({ preventScroll: true });
}

function showMark() {
  const panel = document.querySelector('#or-panel');
  const mark = panel && panel.querySelector('#or-mark');
  if (mark) mark.scrollIntoView({ block: 'center' });
  else if (panel) panel.scrollTop = 0;
}

function copy(button) {
  const done = () => {
    const label = button.textContent;
    button.textContent = 'Copied';
    setTimeout(() => { button.textContent = label; }, 1500);
  };
  if (navigator.clipboard) {
    navigator.clipboard.writeText(button.dataset.copy).then(done);
    return;
  }
  const area = document.createElement('textarea'); // a page that is not served securely has no clipboard
  area.value = button.dataset.copy;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
  done();
}

function open(button) {
  document.querySelectorAll('.or-chosen').forEach((chosen) => chosen.classList.remove('or-chosen'));
  button.classList.add('or-chosen');
  const { statement, version, start, end } = button.dataset;
  trigger('select', { statement, version, start, end });
  openPanel(true);
  showMark(); // the same place chosen again changes nothing that `watch` would see
}

element.addEventListener('click', (event) => {
  const button = event.target.closest('button');
  if (!button || !element.contains(button)) return;
  if (button.dataset.statement) open(button);
  else if (button.dataset.question) trigger('ask', { question: button.dataset.question });
  else if (button.dataset.copy) copy(button);
  else if (button.classList.contains('or-close')) closePanel();
});

if (isPanel) {
  watch('value', () => {
    showMark();
    if (element.querySelector('.or-empty')) openPanel(false);
    const liesOver = getComputedStyle(document.querySelector('#or-right')).position === 'fixed';
    if (liesOver) element.querySelector('h2')?.focus({ preventScroll: true });
  });
  document.addEventListener('keydown', (event) => { if (event.key === 'Escape') closePanel(); });
} else {
  let shown = 0;
  watch('value', () => {
    const exchanges = element.querySelectorAll('.or-exchange');
    if (exchanges.length > shown) exchanges[exchanges.length - 1].scrollIntoView({ block: 'start' });
    shown = exchanges.length;
  });
}
