// <onrecord-chat>: the chat inside a portal's page. Load this file from the OnRecord server, then write
//   <onrecord-chat lang="en" theme="light" issuer="Ministry A|Ministry B" from="2025-01-01" to="2025-12-31"></onrecord-chat>
// The server has to name the portal's origin in ONRECORD_PORTAL__ORIGINS, or the browser refuses the frame.

(() => {
  const script = document.currentScript;
  const home = script ? new URL('.', script.src).href : null;
  // What a portal may set with CSS, as --onrecord-NAME on the element or above it; the frame checks each value again.
  const THEME = ['accent', 'on-accent', 'background', 'surface', 'text', 'muted', 'rule', 'tint', 'font'];
  const SMALLEST = 320; // pixels
  const DEFAULT_TALLEST = 0.85; // of the window

  class OnRecordChat extends HTMLElement {
    static observedAttributes = ['src', 'theme', 'lang', 'issuer', 'from', 'to', 'title'];

    #frame = document.createElement('iframe');
    #origin = null;
    #asked = 0;
    #planned = false;
    #hear = (event) => this.#heard(event);
    #fit = () => this.#resize();
    #scheme = matchMedia('(prefers-color-scheme: dark)');
    #recolour = () => this.#sendTheme();

    constructor() {
      super();
      this.attachShadow({ mode: 'open' });
      Object.assign(this.#frame.style, { display: 'block', width: '100%', border: '0', height: `${SMALLEST * 1.5}px` });
      this.#frame.allow = 'clipboard-write';
      this.#frame.loading = 'lazy';
    }

    connectedCallback() {
      if (!this.style.display) this.style.display = 'block';
      window.addEventListener('message', this.#hear);
      window.addEventListener('resize', this.#fit);
      this.#scheme.addEventListener('change', this.#recolour);
      this.shadowRoot.append(this.#frame);
      this.#load();
    }

    disconnectedCallback() {
      window.removeEventListener('message', this.#hear);
      window.removeEventListener('resize', this.#fit);
      this.#scheme.removeEventListener('change', this.#recolour);
    }

    attributeChangedCallback(name, before, after) {
      if (before !== after && this.isConnected) this.#load();
    }

    /** Puts the cursor into the question box. The frame never takes the focus by itself. */
    focus() {
      this.#frame.focus();
      this.#tell({ type: 'onrecord:focus' });
    }

    /** Sends the theme again, after the portal has changed its variables. */
    refreshTheme() {
      this.#sendTheme();
    }

    #load() {
      if (this.#planned) return; // several attributes that change together are one new address
      this.#planned = true;
      queueMicrotask(() => {
        this.#planned = false;
        const address = this.#address();
        if (!address || !this.isConnected) return;
        this.#origin = address.origin;
        this.#frame.title = this.getAttribute('title') || 'Questions to the record';
        if (this.#frame.src !== address.href) this.#frame.src = address.href;
      });
    }

    #address() {
      let address;
      try {
        address = new URL(this.getAttribute('src') || home, document.baseURI);
      } catch {
        console.error('onrecord-chat: src is no address of an OnRecord server.');
        return null;
      }
      if (!['http:', 'https:'].includes(address.protocol)) {
        console.error('onrecord-chat: src has to begin with https:// or http://.');
        return null;
      }
      address.hash = '';
      const values = { embed: '1', origin: window.location.origin };
      for (const name of ['lang', 'from', 'to']) values[name] = this.getAttribute(name);
      const theme = this.getAttribute('theme');
      if (theme === 'light' || theme === 'dark') values.__theme = theme;
      for (const [name, value] of Object.entries(values)) if (value) address.searchParams.set(name, value);
      for (const issuer of (this.getAttribute('issuer') || '').split('|').map((part) => part.trim()).filter(Boolean)) {
        address.searchParams.append('issuer', issuer);
      }
      return address;
    }

    #heard(event) {
      // Only the page that was loaded into this frame, from where it was loaded.
      if (event.source !== this.#frame.contentWindow || event.origin !== this.#origin) return;
      const told = event.data;
      if (told?.type === 'onrecord:ready') {
        this.#sendTheme();
        this.dispatchEvent(new CustomEvent('onrecord-ready'));
      } else if (told?.type === 'onrecord:size' && Number.isFinite(told.height)) {
        this.#asked = told.height;
        this.#resize();
      }
    }

    #resize() {
      if (!this.#asked) return;
      const wanted = parseFloat(getComputedStyle(this).getPropertyValue('--onrecord-max-height'));
      const tallest = Number.isFinite(wanted) ? wanted : window.innerHeight * DEFAULT_TALLEST;
      this.#frame.style.height = `${Math.max(SMALLEST, Math.min(Math.ceil(this.#asked), tallest))}px`;
    }

    #sendTheme() {
      const style = getComputedStyle(this);
      const values = {};
      for (const name of THEME) {
        const value = style.getPropertyValue(`--onrecord-${name}`).trim();
        if (value) values[name] = value;
      }
      this.#tell({ type: 'onrecord:theme', values });
    }

    #tell(message) {
      if (this.#origin) this.#frame.contentWindow?.postMessage(message, this.#origin);
    }
  }

  if (!customElements.get('onrecord-chat')) customElements.define('onrecord-chat', OnRecordChat);
})();
