// Shows what the page's trackers are doing: what the gate says about each
// service (GET /.privacy/state?listing) beside what the document itself shows.
// It stands before the trackers, so that it sees whether their files arrive.
(() => {
	const home = '/.privacy/';
	const words = {
		ru: {
			runs: 'работает', blocked: 'заблокирован', never: 'не запускается', unreachable: 'разрешён', waiting: 'разрешён', leak: 'работает без разрешения',
			statistics: 'Ждёт вашего согласия на статистику.', marketing: 'Ждёт вашего согласия на маркетинг.', functional: 'Ждёт вашего согласия на встроенные материалы.',
			cross_border: countries => `Данные ушли бы за границу (${countries}): не запускается даже с согласием.`,
			not_in_use: 'Сайт не включил его в настройках шлюза.',
			isAllowed: 'Вы разрешили.', isUnreachable: 'Вы разрешили, но его файл отсюда не загрузился.', isWaiting: 'Вы разрешили; загрузился ли он, странице не видно.',
			elements: n => `Обезврежено на странице: ${n}.`, cookies: list => `Cookie: ${list}.`, sent: n => `Запросов отправлено: ${n}.`,
			now: { undecided: 'Вы ещё не выбрали.', refused: 'Вы отказались.', allowed: 'Вы дали согласие.', stale: 'Ваш выбор устарел.' },
			change: 'Все настройки', none: 'Перед этой страницей нет шлюза: её трекеры никто не сдерживает.',
		},
		kk: {
			runs: 'жұмыс істеп тұр', blocked: 'бұғатталған', never: 'іске қосылмайды', unreachable: 'рұқсат етілген', waiting: 'рұқсат етілген', leak: 'рұқсатсыз жұмыс істеп тұр',
			statistics: 'Статистикаға келісіміңізді күтіп тұр.', marketing: 'Маркетингке келісіміңізді күтіп тұр.', functional: 'Кірістірілген материалдарға келісіміңізді күтіп тұр.',
			cross_border: countries => `Деректер шетелге кетер еді (${countries}): келісім болса да іске қосылмайды.`,
			not_in_use: 'Сайт оны шлюз баптауында қоспаған.',
			isAllowed: 'Сіз рұқсат бердіңіз.', isUnreachable: 'Сіз рұқсат бердіңіз, бірақ файлы осы жерден жүктелмеді.', isWaiting: 'Сіз рұқсат бердіңіз; жүктелген-жүктелмегені бетке көрінбейді.',
			elements: n => `Бетте залалсыздандырылғаны: ${n}.`, cookies: list => `Cookie: ${list}.`, sent: n => `Жіберілген сұраныстар: ${n}.`,
			now: { undecided: 'Сіз әлі таңдаған жоқсыз.', refused: 'Сіз бас тарттыңыз.', allowed: 'Сіз келісім бердіңіз.', stale: 'Таңдауыңыз ескірді.' },
			change: 'Барлық баптаулар', none: 'Бұл беттің алдында шлюз жоқ: трекерлерін ешкім тежемейді.',
		},
		en: {
			runs: 'running', blocked: 'blocked', never: 'never runs', unreachable: 'allowed', waiting: 'allowed', leak: 'running without permission',
			statistics: 'Waits for your consent to statistics.', marketing: 'Waits for your consent to marketing.', functional: 'Waits for your consent to embedded content.',
			cross_border: countries => `Its data would go abroad (${countries}): it doesn’t run even with consent.`,
			not_in_use: 'The site hasn’t listed it in the gate’s configuration.',
			isAllowed: 'You allowed it.', isUnreachable: 'You allowed it, but its file couldn’t be loaded from here.', isWaiting: 'You allowed it; the page can’t see whether it loaded.',
			elements: n => `Neutralised on the page: ${n}.`, cookies: list => `Cookies: ${list}.`, sent: n => `Requests sent: ${n}.`,
			now: { undecided: 'You haven’t chosen yet.', refused: 'You refused.', allowed: 'You gave consent.', stale: 'Your choice is out of date.' },
			change: 'All settings', none: 'No gate stands in front of this page: nothing holds its trackers back.',
		},
	};
	// How each tracker shows in the document: addresses, inline snippets, cookies.
	const trackers = {
		ga4: { name: 'Google Analytics 4', url: /googletagmanager\.com\/gtag|google-analytics\.com/, inline: /gtag\('config'/, cookie: /^_ga/ },
		gtm: { name: 'Google Tag Manager', url: /googletagmanager\.com\/(gtm|ns)/, inline: /gtm\.start/, cookie: /^_gcl_/ },
		yandex_metrica: { name: 'Yandex Metrica', url: /mc\.yandex\.ru/, inline: /mc\.yandex\.ru\/metrika/, cookie: /^_ym_/ },
		meta_pixel: { name: 'Meta Pixel', url: /connect\.facebook\.net|facebook\.com\/tr/, inline: /fbq\('init'/, cookie: /^_fb[pc]$/ },
		hotjar: { name: 'Hotjar', url: /\.hotjar\.com/, inline: /_hjSettings/, cookie: /^_hj/ },
		clarity: { name: 'Microsoft Clarity', url: /\.clarity\.ms/, inline: /clarity\.ms\/tag/, cookie: /^_cl(ck|sk)$/ },
		matomo: { name: 'Matomo', url: /\/matomo\.(js|php)/, inline: /setTrackerUrl/, cookie: /^_pk_/ },
		youtube: { name: 'YouTube', url: /youtube\.com\/embed/, cookie: /^(YSC|VISITOR_INFO1_LIVE)$/ },
	};

	const loaded = new WeakSet();
	const failed = new WeakSet();
	const address = element => element.src || element.href || '';
	for (const [event, set] of [['load', loaded], ['error', failed]]) {
		document.addEventListener(event, ({ target }) => { if (target instanceof Element) { set.add(target); later(); } }, true);
	}

	// What the document shows of one tracker.
	const observe = ({ url, inline, cookie }) => {
		const seen = { stopped: 0, open: 0, loaded: 0, failed: 0 };
		for (const element of document.querySelectorAll('script, iframe, img, link')) {
			const held = element.getAttribute('data-privacy-src') ?? element.getAttribute('data-privacy-href') ?? '';
			const isSnippet = element.localName === 'script' && !element.src && inline?.test(element.text);
			if (held ? url.test(held) : isSnippet && element.type === 'text/plain') seen.stopped++;
			else if (isSnippet) seen.open++;
			else if (url.test(address(element))) {
				seen.open++;
				// Frames say that they loaded even when they show the browser's error page.
				if (loaded.has(element) && element.localName === 'script') seen.loaded++;
				// A hint that leads nowhere isn't a tracker that can't be reached.
				if (failed.has(element) && element.localName !== 'link') seen.failed++;
			}
		}
		seen.cookies = document.cookie.split('; ').map(pair => pair.split('=')[0]).filter(name => cookie.test(name));
		seen.requests = performance.getEntriesByType('resource').filter(entry => url.test(entry.name) && entry.initiatorType === 'fetch').length;
		return seen;
	};

	const judge = (service, seen, text) => {
		if (service.status !== 'allowed') {
			if (seen.open || seen.cookies.length) return ['leak', ''];
			return service.status === 'never'
				? ['never', service.reason === 'cross_border' ? text.cross_border(service.countries.join(', ')) : text.not_in_use]
				: ['blocked', text[service.category]];
		}
		if (seen.failed) return ['unreachable', text.isUnreachable];
		if (seen.loaded || seen.requests) return ['runs', text.isAllowed];
		return ['waiting', text.isWaiting];
	};

	const make = (name, content, className) => {
		const element = document.createElement(name);
		element.textContent = content;
		if (className) element.className = className;
		return element;
	};

	let state;
	const render = () => {
		const panel = document.getElementById('trackers');
		if (!panel || state === undefined) return;
		const lang = document.documentElement.lang;
		const text = words[lang] ?? words.en;
		panel.querySelectorAll('.live').forEach(old => old.remove());
		if (!state) {
			panel.append(make('p', text.none, 'live leak'));
			return;
		}
		const choice = make('p', text.now[state.state] + ' ', 'live');
		const link = make('a', text.change);
		link.href = `${home}?lang=${lang}`;
		choice.append(link);
		const list = make('ul', '', 'live');
		for (const [id, tracker] of Object.entries(trackers)) {
			const service = state.listing.find(entry => entry.id === id);
			const seen = observe(tracker);
			if (!service || !(seen.stopped || seen.open || seen.cookies.length)) continue;
			const [status, why] = judge(service, seen, text);
			const evidence = [
				why,
				seen.stopped && text.elements(seen.stopped),
				seen.cookies.length && text.cookies(seen.cookies.join(', ')),
				seen.requests && text.sent(seen.requests),
			].filter(Boolean).join(' ');
			const row = document.createElement('li');
			row.dataset.service = id;
			row.dataset.status = status;
			row.append(make('b', tracker.name), make('strong', text[status], status), make('small', evidence));
			list.append(row);
		}
		panel.append(choice, list);
	};

	let waiting;
	function later() {
		waiting ??= setTimeout(() => { waiting = undefined; render(); }, 100);
	}

	addEventListener('DOMContentLoaded', async () => {
		const answer = await fetch(`${home}state?listing`).catch(() => undefined);
		state = answer?.ok ? await answer.json() : null;
		render();
		// A request of a tracker shows among the page's resources only afterwards.
		new PerformanceObserver(later).observe({ type: 'resource', buffered: true });
	});
})();
