// Inside the frame of <onrecord-chat>: takes the portal's colours, tells it the height, and takes the focus when asked.
// Which sites may frame this page is for the header `frame-ancestors` to say; here each message is checked for who sent
// it, and goes to that origin only. In a page that is not embedded this does nothing.

(() => {
  const given = new URLSearchParams(window.location.search);
  if (given.get('embed') !== '1' || window.parent === window) return;

  const COLOURS = {
    accent: '--or-accent', 'on-accent': '--or-on-accent', background: '--or-paper', surface: '--or-raised',
    text: '--or-ink', muted: '--or-muted', rule: '--or-rule', tint: '--or-tint',
  };
  const COLOUR = /^[#\w(),.%\s/+-]{1,80}$/;
  const FONT = /^[\w\s,'"-]{1,200}$/;
  const page = document.documentElement;
  page.classList.add('or-embed');
  const style = document.createElement('style');
  style.textContent = `
    .or-embed, .or-embed body { min-height: 0 !important; }
    .or-embed :is(#or-layout, #or-left, .gradio-container, gradio-app) { min-height: 0 !important; }
    .or-embed .or-exchange:last-child { min-height: 0 !important; }
    .or-embed #or-head header { padding-top: var(--or-3); }
    .or-embed #or-head h1 { font-size: 1rem; }
    .or-embed .or-start { padding: var(--or-3) 0; }
    .or-embed .or-start .or-lead { font-size: var(--or-large); }
    @media (max-width: 1180px) {
      .or-embed:not(.or-open-panel) #or-layout { grid-template-columns: minmax(0, 1fr); }
      .or-embed:not(.or-open-panel) #or-right { display: none; }
    }`;
  document.head.append(style);

  function parentOrigin() {
    try {
      const origin = new URL(given.get('origin') || '').origin;
      return /^https?:/.test(origin) ? origin : null;
    } catch {
      return null;
    }
  }
  const portal = parentOrigin();

  // A page that opens takes no cursor away from the portal: not before the reader comes here, or the portal says so.
  let mayFocus = false;
  const focus = HTMLElement.prototype.focus;
  HTMLElement.prototype.focus = function focusWhenAsked(...options) {
    if (mayFocus) focus.apply(this, options);
  };
  for (const sign of ['pointerdown', 'keydown']) {
    window.addEventListener(sign, () => { mayFocus = true; }, { capture: true, once: true });
  }

  function tell(message) {
    if (portal) window.parent.postMessage(message, portal);
  }

  function box() {
    return document.querySelector('#or-box textarea, #or-box input');
  }

  function paint(values) {
    const wear = (name, value) => [page, document.body].forEach((part) => part.style.setProperty(name, value));
    for (const [name, variable] of Object.entries(COLOURS)) {
      const value = values[name];
      if (typeof value === 'string' && COLOUR.test(value) && CSS.supports('color', value)) wear(variable, value);
    }
    if (typeof values.font === 'string' && FONT.test(values.font)) wear('--or-sans', values.font);
  }

  window.addEventListener('message', (event) => {
    if (!portal || event.source !== window.parent || event.origin !== portal) return;
    const told = event.data;
    if (told?.type === 'onrecord:theme' && told.values && typeof told.values === 'object') paint(told.values);
    else if (told?.type === 'onrecord:focus') {
      mayFocus = true;
      box()?.focus();
    }
  });

  // The interface speaks English; what the reader writes may be in the portal's language.
  page.lang = 'en';
  const language = given.get('lang');
  let shown = null;
  let height = 0;

  function measure() {
    const now = shown ? Math.ceil(shown.getBoundingClientRect().height) : 0;
    if (now && now !== height) tell({ type: 'onrecord:size', height: (height = now) });
  }

  const sizes = new ResizeObserver(measure);

  function settle() {
    const left = document.querySelector('#or-left');
    const question = box();
    if (question && language && /^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8}){0,5}$/.test(language)) question.lang = language;
    if (!left || left === shown) return;
    if (!shown) tell({ type: 'onrecord:ready' });
    shown = left;
    sizes.observe(left);
    measure();
  }

  new MutationObserver(settle).observe(page, { childList: true, subtree: true });
  settle();
})();
