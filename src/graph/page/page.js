'use strict';
(() => {
  const graph = JSON.parse(document.getElementById('data').textContent);
  const byId = (id) => document.getElementById(id);
  const root = document.documentElement;
  const picture = byId('picture');
  const view = byId('view');
  const tip = byId('tip');
  const panel = byId('panel');
  const search = byId('search');
  const found = byId('found');
  const nodes = [...view.querySelectorAll('g.n')];
  const pieces = [];
  for (const piece of view.querySelectorAll('[data-piece]')) pieces[piece.dataset.piece] = piece;

  // Who reads whom, and which pieces of lines show it.
  const inputs = graph.nodes.map(() => []);
  const readers = graph.nodes.map(() => []);
  for (const edge of graph.edges) {
    inputs[edge.to].push(edge);
    readers[edge.from].push(edge);
  }

  // --- the part of the picture in view ---

  const size = picture.viewBox.baseVal;
  const whole = { width: size.width, height: size.height };
  picture.removeAttribute('viewBox');
  const place = { x: 0, y: 0, scale: 1 };
  const show = () => {
    view.setAttribute('transform', `translate(${place.x} ${place.y}) scale(${place.scale})`);
  };
  const frame = () => picture.getBoundingClientRect();
  const pan = (x, y) => {
    place.x += x;
    place.y += y;
    show();
  };
  const zoom = (factor, x = frame().width / 2, y = frame().height / 2) => {
    const scale = Math.min(8, Math.max(0.02, place.scale * factor));
    const by = scale / place.scale;
    place.x = x - (x - place.x) * by;
    place.y = y - (y - place.y) * by;
    place.scale = scale;
    show();
  };
  const fit = () => {
    const { width, height } = frame();
    place.scale = Math.min(1.25, width / whole.width, height / whole.height);
    place.x = (width - whole.width * place.scale) / 2;
    place.y = Math.max(0, (height - whole.height * place.scale) / 2);
    show();
  };
  const reveal = (index) => {
    const { width, height } = frame();
    const box = nodes[index].querySelector('.box').getBBox();
    place.scale = Math.max(place.scale, 0.8);
    // In the middle, but what is beyond an end of the picture takes no room from it.
    const middle = (at, length, room) => {
      const free = room - length * place.scale;
      return free >= 0 ? free / 2 : Math.max(free, Math.min(0, room / 2 - at * place.scale));
    };
    place.x = middle(box.x + box.width / 2, whole.width, width);
    place.y = middle(box.y + box.height / 2, whole.height, height);
    show();
  };

  let drag = null;
  picture.addEventListener('pointerdown', (event) => {
    drag = { x: event.clientX, y: event.clientY, moved: false };
  });
  window.addEventListener('pointermove', (event) => {
    if (!drag) return;
    const [x, y] = [event.clientX - drag.x, event.clientY - drag.y];
    // A small movement is still a click.
    if (!drag.moved && Math.hypot(x, y) < 4) return;
    picture.classList.add('dragged');
    tip.hidden = true;
    drag = { x: event.clientX, y: event.clientY, moved: true };
    pan(x, y);
  });
  const drop = () => {
    const moved = drag?.moved;
    drag = null;
    picture.classList.remove('dragged');
    return moved;
  };
  window.addEventListener('pointercancel', drop);
  picture.addEventListener('wheel', (event) => {
    event.preventDefault();
    const { left, top } = frame();
    const lines = event.deltaMode === 1 ? 30 : 1;
    zoom(Math.exp(-event.deltaY * lines * 0.0015), event.clientX - left, event.clientY - top);
  }, { passive: false });

  // --- what a node needs ---

  const closure = (start, edgesOf, next) => {
    const seen = new Set([start]);
    const open = [start];
    const edges = [];
    while (open.length) {
      for (const edge of edgesOf[open.pop()]) {
        edges.push(edge);
        const node = next(edge);
        if (!seen.has(node)) {
          seen.add(node);
          open.push(node);
        }
      }
    }
    return { seen, edges };
  };

  let chosen = null;
  const choose = (index) => {
    chosen = index;
    nodes.forEach((node) => node.classList.remove('chosen', 'off'));
    pieces.forEach((piece) => piece.classList.remove('off'));
    view.classList.toggle('picked', index !== null);
    panel.hidden = index === null;
    if (index === null) return;
    const needs = closure(index, inputs, (edge) => edge.from);
    const shown = new Set(needs.edges.flatMap((edge) => edge.pieces));
    nodes.forEach((node, at) => node.classList.toggle('off', !needs.seen.has(at)));
    pieces.forEach((piece, at) => piece.classList.toggle('off', !shown.has(at)));
    nodes[index].classList.add('chosen');
    describe(index, needs.seen);
  };

  const element = (name, text = '', className = '') => {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  };
  const list = (title, indices) => {
    if (!indices.length) return [];
    const items = element('ul');
    for (const index of indices) {
      const button = element('button', graph.nodes[index].title);
      button.type = 'button';
      button.addEventListener('click', () => {
        choose(index);
        reveal(index);
        nodes[index].focus();
      });
      const item = element('li');
      item.append(button);
      items.append(item);
    }
    return [element('h3', `${title} (${indices.length})`), items];
  };
  const describe = (index, needs) => {
    const node = graph.nodes[index];
    const close = element('button', 'Close');
    close.type = 'button';
    close.id = 'close';
    close.addEventListener('click', () => choose(null));
    const parts = [close, element('h2', node.title), element('p', node.about)];
    if (node.digest) parts.push(element('div', node.digest, 'code digest'));
    const direct = new Set(inputs[index].map((edge) => edge.from));
    const rest = [...needs].filter((other) => other !== index && !direct.has(other));
    const by = new Set(readers[index].map((edge) => edge.to));
    const order = (indices) => [...indices].sort((a, b) => a - b);
    parts.push(...list('Reads', order(direct)), ...list('Needs through them', order(rest)));
    parts.push(...list('Read by', order(by)));
    if (node.instructions.length) {
      const steps = element('ol');
      for (const step of node.instructions) {
        const item = element('li', '', 'code');
        item.append(element('span', step.lines, 'number'), step.code);
        step.digests.forEach((digest) => item.append(element('div', digest, 'digest')));
        steps.append(item);
      }
      parts.push(element('h3', 'Instructions'), steps);
    }
    panel.replaceChildren(...parts);
    panel.scrollTop = 0;
  };

  // --- what is under the pointer ---

  const nodeOf = (target) => nodes.indexOf(target.closest?.('g.n'));
  const lines = (...all) => all.filter(Boolean).join('\n');
  const textOf = (target) => {
    const at = nodeOf(target);
    if (at >= 0) {
      const node = graph.nodes[at];
      const square = [...nodes[at].querySelectorAll('.s')].indexOf(target);
      const step = node.instructions.filter((it) => it.step)[square];
      if (step) return lines(`${step.lines}: ${step.code}`, ...step.digests);
      const steps = node.instructions.slice(0, 12).map((it) => it.code);
      const more = node.instructions.length - steps.length;
      return lines(node.title, node.about, ...steps, more > 0 && `… ${more} more`, node.digest);
    }
    return target.closest?.('g.e')?.dataset.says;
  };
  picture.addEventListener('pointermove', (event) => {
    const text = drag?.moved ? '' : textOf(event.target);
    tip.hidden = !text;
    if (!text) return;
    tip.textContent = text;
    const { left, top, width, height } = frame();
    const [x, y] = [event.clientX - left, event.clientY - top];
    const fits = (at, length, room) => (at + 16 + length <= room ? at + 16 : at - 12 - length);
    tip.style.left = `${Math.max(4, fits(x, tip.offsetWidth, width))}px`;
    tip.style.top = `${Math.max(4, fits(y, tip.offsetHeight, height))}px`;
  });
  picture.addEventListener('pointerleave', () => {
    tip.hidden = true;
  });
  window.addEventListener('pointerup', (event) => {
    const pressed = drag !== null;
    if (drop() || !pressed) return;
    const index = nodeOf(event.target);
    choose(index < 0 || index === chosen ? null : index);
  });

  // --- search ---

  const texts = graph.nodes.map((node) => {
    const steps = node.instructions.map((it) => it.code);
    return lines(node.title, node.about, node.digest, ...steps).toLowerCase();
  });
  let matches = [];
  let match = 0;
  const seek = () => {
    const word = search.value.trim().toLowerCase();
    matches = word ? texts.flatMap((text, at) => (text.includes(word) ? [at] : [])) : [];
    // Names come before what is only said inside.
    const named = (at) => graph.nodes[at].title.toLowerCase().includes(word);
    matches.sort((a, b) => named(b) - named(a) || a - b);
    nodes.forEach((node, at) => node.classList.toggle('found', matches.includes(at)));
    match = 0;
    if (matches.length) reveal(matches[0]);
    tell();
  };
  const tell = () => {
    const none = search.value.trim() ? 'not found' : '';
    found.textContent = matches.length ? `${match + 1} of ${matches.length}` : none;
  };
  const step = (by) => {
    if (!matches.length) return;
    match = (match + by + matches.length) % matches.length;
    reveal(matches[match]);
    tell();
  };
  search.addEventListener('input', seek);
  byId('tools').addEventListener('submit', (event) => {
    event.preventDefault();
    if (!matches.length) return;
    choose(matches[match]);
    nodes[matches[match]].focus();
  });

  // --- buttons and keys ---

  const dark = window.matchMedia('(prefers-color-scheme: dark)');
  const theme = () => {
    const now = root.dataset.theme ?? (dark.matches ? 'dark' : 'light');
    root.dataset.theme = now === 'dark' ? 'light' : 'dark';
  };
  byId('in').addEventListener('click', () => zoom(1.25));
  byId('out').addEventListener('click', () => zoom(0.8));
  byId('fit').addEventListener('click', fit);
  byId('theme').addEventListener('click', theme);

  const keys = {
    '/': () => search.focus(),
    '+': () => zoom(1.25),
    '=': () => zoom(1.25),
    '-': () => zoom(0.8),
    0: fit,
    n: () => step(1),
    N: () => step(-1),
    t: theme,
    ArrowLeft: () => pan(60, 0),
    ArrowRight: () => pan(-60, 0),
    ArrowUp: () => pan(0, 60),
    ArrowDown: () => pan(0, -60),
  };
  document.addEventListener('keydown', (event) => {
    if (event.key === 'Escape') {
      tip.hidden = true;
      if (document.activeElement === search) search.blur();
      else choose(null);
      return;
    }
    if (event.target === search || event.ctrlKey || event.metaKey || event.altKey) return;
    const index = nodeOf(event.target);
    if (index >= 0 && (event.key === 'Enter' || event.key === ' ')) {
      event.preventDefault();
      choose(index === chosen ? null : index);
      return;
    }
    // A button or the panel has its own use of keys.
    if (event.target.closest?.('aside')) return;
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  nodes.forEach((node, index) => {
    const { title, about } = graph.nodes[index];
    node.setAttribute('tabindex', '0');
    node.setAttribute('role', 'button');
    node.setAttribute('aria-label', `${title}, ${about}`);
    node.addEventListener('focus', () => {
      const box = node.getBoundingClientRect();
      const { left, right, top, bottom } = frame();
      const inside = box.left >= left && box.right <= right && box.top >= top && box.bottom <= bottom;
      if (!inside && !drag) reveal(index);
    });
  });

  // What is too large to be read as a whole begins at what is built.
  fit();
  if (place.scale < 0.4 && graph.target !== null) {
    zoom(0.8 / place.scale);
    reveal(graph.target);
  }
})();
