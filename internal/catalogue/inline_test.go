package catalogue

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func foundIDs(c *Catalogue, text string) string {
	var ids []string
	for _, i := range c.FindInline([]byte(text), nil) {
		ids = append(ids, c.id(i))
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

// loader is the form most vendors' snippets end in.
func loader(src string) string {
	return `(function(d,t){var s=d.createElement(t);s.async=!0;s.src="` + src + `";d.head.appendChild(s)})(document,"script");`
}

func TestFindInlineKnowsVendorsSnippets(t *testing.T) {
	c := builtinCatalogue(t)
	for want, snippets := range map[string][]string{
		"gtm": {
			`(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':new Date().getTime(),event:'gtm.js'});})(window,document,'script','dataLayer','GTM-XXXX');`,
			`w[l].push({"gtm.start": Date.now()})`,
			`j.src='https://www.googletagmanager.com/gtm.js?id='+i`,
		},
		"ga4": {
			`window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments);}gtag('js',new Date());gtag('config','G-ABC123');`,
			`gtag( "config" , "G-ABC123", { send_page_view: false })`,
			"gtag(`config`,`G-ABC123`)",
		},
		"ga_ua": {
			`(function(i,s,o,g,r,a,m){i['GoogleAnalyticsObject']=r;})(window,document,'script','https://www.google-analytics.com/analytics.js','ga');`,
			`var _gaq = _gaq || []; _gaq.push(['_setAccount', 'UA-1-1']);`,
			`gtag('config', 'UA-1-1');`,
			`ga("create", "UA-1-1", "auto");`,
		},
		"google_ads": {
			`gtag('config', 'AW-123');`,
			`gtag('event', 'conversion', {'send_to': 'AW-123/abc'});`,
			`var google_conversion_id = 1; var google_remarketing_only = true;`,
		},
		"floodlight":  {`gtag('event','conversion',{'allow_custom_scripts':true,'send_to':'DC-1/a/b'});`},
		"adsense_gpt": {`(adsbygoogle = window.adsbygoogle || []).push({});`, `window.googletag = window.googletag || {cmd: []}; googletag.cmd.push(function(){});`},
		"meta_pixel": {
			`!function(f,b,e,v,n,t,s){if(f.fbq)return;n=f.fbq=function(){}}(window,document,'script','https://connect.facebook.net/en_US/fbevents.js');fbq('init','1');fbq('track','PageView');`,
			`fbq("init", "123");`,
		},
		"facebook_sdk":     {`window.fbAsyncInit = function() { FB.init({appId: '1'}); };`},
		"tiktok_pixel":     {`!function (w, d, t) { w.TiktokAnalyticsObject=t;var ttq=w[t]=w[t]||[]; ttq.load('C1'); ttq.page(); }(window, document, 'ttq');`},
		"x_pixel":          {`!function(e,t,n,s,u,a){}(window,document,'script');twq('config','abc');`},
		"linkedin_insight": {`_linkedin_partner_id = "1"; window._linkedin_data_partner_ids = window._linkedin_data_partner_ids || [];`},
		"bing_uet":         {`(function(w,d,t,r,u){w[u]=w[u]||[];})(window,document,"script","//bat.bing.com/bat.js","uetq");`},
		"clarity":          {`(function(c,l,a,r,i,t,y){t.src="https://www.clarity.ms/tag/"+i;})(window,document,"clarity","script","abc");`},
		"hotjar":           {`(function(h,o,t,j,a,r){h._hjSettings={hjid:1,hjsv:6};})(window,document,'https://static.hotjar.com/c/hotjar-','.js?sv=');`},
		"yandex_metrica": {
			`(function(m,e,t,r,i,k,a){m[i]=m[i]||function(){};})(window,document,"script","https://mc.yandex.ru/metrika/tag.js","ym");ym(1,"init",{webvisor:true});`,
			`(w[c]=w[c]||[]).push(function(){try{w.yaCounter1=new Ya.Metrika({id:1})}catch(e){}})`,
			`{"src":"https:\/\/mc.yandex.ru\/metrika\/tag.js"}`,
			loader("https://cdn.jsdelivr.net/npm/yandex-metrica-watch/tag.js"),
		},
		"yandex_rtb":      {`window.yaContextCb.push(()=>{Ya.Context.AdvManager.render({"blockId":"R-A-1","renderTo":"yandex_rtb_R-A-1"})})`},
		"yandex_varioqub": {`(function(e,x,pe,r,i,me,nt){})(window,document,'script','https://abt.s3.yandex.net/expjs/latest/exp.js','ymab');ymab('metrika.1','init');`},
		"top_mailru":      {`var _tmr = window._tmr || (window._tmr = []); _tmr.push({id:"1",type:"pageView",start:(new Date()).getTime()});`, `ts.id = "topmailru-code";`},
		"vk_pixel":        {`!function(){var t=document.createElement("script");t.src='https://vk.com/js/api/openapi.js?169',t.onload=function(){VK.Retargeting.Init("VK-RTRG-1")}}();`},
		"liveinternet":    {`document.write("<a href='//www.liveinternet.ru/click'><img src='//counter.yadro.ru/hit?t44.6;r"+escape(document.referrer)+"'></a>")`},
		"rambler_top100":  {`(function (w, d, c) {(w[c] = w[c] || []).push(function() {});})(window, document, "_top100q");`},
		"zero_kz":         {`var _zero_kz_ = _zero_kz_ || []; _zero_kz_.push(["id", 1]); _zero_kz_.push(["type", 1]);`},
		"mediascope_tns":  {`(new Image()).src='//www.tns-counter.ru/V13a****site/ru/UTF-8/tmsec=x/';`},
		"calltouch":       {`(function(w,d,n,c){w.CalltouchDataObject=n;w[n]=function(){}})(window,document,"ct","1");`},
		"roistat":         {`(function(w,d,s,h,id){w.roistatProjectId=id;w.roistatHost=h;})(window,document,'script','cloud.roistat.com','1');`},
		"comagic_uis":     {`var __cs = __cs || []; __cs.push(["setCsAccount", "a"]);`},
		"mindbox":         {`mindbox = window.mindbox || function(){mindbox.queue.push(arguments);}; mindbox.queue = mindbox.queue || []; mindbox('create');`},
		"carrotquest":     {`!function(){function t(t,e){return function(){window.carrotquestasync.push(t,arguments)}}}(),carrotquest.connect("1");`},
		"jivo":            {loader("//code.jivo.ru/widget/abc"), loader("//code.jivosite.com/script/widget/1")},
		"bitrix24":        {`(function(w,d,u){})(window,document,'https://cdn-ru.bitrix24.ru/b1/crm/site_button/loader_1_a.js');`},
		"bitrix24_call_tracker": {
			`(function(w,d,u){})(window,document,'https://cdn.bitrix24.kz/b1/crm/tag/call.tracker.js');`,
		},
		"bitrix_cms_stat": {`var _ba = _ba || []; _ba.push(["aid", "1"]); s.src = "//bitrix.info/ba.js";`},
		"matomo": {
			`var _paq=window._paq=window._paq||[];(function(){var u="//stat.mamen.ai/";_paq.push(['setTrackerUrl',u+'matomo.php']);_paq.push(['setSiteId','1']);})();`,
			`var _mtm = window._mtm = window._mtm || []; _mtm.push({'mtm.startTime': (new Date().getTime()), 'event': 'mtm.Start'});`,
		},
		"piwik_pro":    {`(function(window,document,dataLayerName,id){window[dataLayerName].push({'stg.start':1});function stgCreateCookie(a){}})(window,document,'dataLayer','1');`},
		"plausible":    {`window.plausible = window.plausible || function(){(window.plausible.q=window.plausible.q||[]).push(arguments)}`},
		"umami":        {`s.src='https://cloud.umami.is/script.js';s.setAttribute('data-website-id','x');`},
		"posthog":      {`!function(t,e){var o,n,p,r;e.__SV||(window.posthog=e,e._i=[])}(document,window.posthog||[]);posthog.init('phc_1',{api_host:'https://eu.i.posthog.com'})`},
		"mixpanel":     {`mixpanel.init("abc", {debug:true});`},
		"amplitude":    {`amplitude.init('key');`, loader("https://cdn.amplitude.com/script/abc.js")},
		"segment":      {`analytics.SNIPPET_VERSION="5.2.0";analytics.load("KEY");analytics.page();`},
		"rudderstack":  {`rudderanalytics.load("KEY","https://x.dataplane.rudderstack.com");`},
		"sentry":       {`Sentry.init({ dsn: "https://a@o1.ingest.sentry.io/1" });`},
		"intercom":     {`window.intercomSettings = {app_id:"a"};`, loader("https://widget.intercom.io/widget/a")},
		"hubspot":      {`hbspt.forms.create({portalId:"1"});`},
		"crisp":        {`window.$crisp=[];window.CRISP_WEBSITE_ID="a";` + loader("https://client.crisp.chat/l.js")},
		"youtube":      {`tag.src = "https://www.youtube.com/iframe_api";`},
		"google_maps":  {loader("https://maps.googleapis.com/maps/api/js?key=a&callback=initMap")},
		"yandex_maps":  {loader("https://api-maps.yandex.ru/services/constructor/1.0/js/?um=a")},
		"recaptcha":    {loader("https://www.google.com/recaptcha/api.js?render=a")},
		"snowplow":     {`p.GlobalSnowplowNamespace=p.GlobalSnowplowNamespace||[];`},
		"onesignal":    {`window.OneSignalDeferred = window.OneSignalDeferred || [];`},
		"outbrain":     {`!function(_window,_document){var OB_ADV_ID='1';}(window,document);`},
		"vwo":          {`window._vwo_code || (function() {})();`},
		"ga4 gtm":      {`w[l].push({'gtm.start':1});gtag('config','G-1');`},
		"clarity gtm":  {`{'gtm.start':1};"www.clarity.ms/tag/"`},
		"ga_ua matomo": {`ga('create','UA-1');u+'piwik.php'`},
	} {
		for _, snippet := range snippets {
			if got := foundIDs(c, snippet); got != want {
				t.Errorf("found %q, want %q, in %s", got, want, snippet)
			}
		}
	}
}

func TestFindInlineLeavesOtherScriptsAlone(t *testing.T) {
	c := builtinCatalogue(t)
	for _, text := range []string{
		``,
		`document.documentElement.className = 'js';`,
		`window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments)}`,
		`gtag('consent','default',{ad_storage:'denied',analytics_storage:'denied'});`,
		`gtag('event','add_to_cart',{value:1});`,
		`dataLayer.push({event:'purchase',ecommerce:{}});`,
		`if (window.ym) ym(1,'reachGoal','order');`,
		`fbq && fbq('track','Lead');`,
		`_paq.push(['trackEvent','Menu','Open']);`,
		`window._paq = window._paq || [];`,
		`posthog.capture('signup');`,
		`mixpanel.track('signup');`,
		`analytics.track('signup');`,
		`Intercom('show');`,
		`jivo_api.open();`,
		`grecaptcha.ready(function(){ submit(); });`,
		`ymaps.ready(init);`,
		`new google.maps.Map(el,{});`,
		`new YT.Player('player',{videoId:'a'});`,
		`// we removed matomo and hotjar last year`,
		`/* Google Analytics: see https://support.google.com/analytics */`,
		`var text = "Мы используем Яндекс Метрику, Google Analytics и Matomo";`,
		`var link = "https://metrika.yandex.ru/list";`,
		`var docs = "https://yandex.ru/support/metrica/";`,
		`var docs = "https://matomo.org/faq/";`,
		`var docs = "https://developers.facebook.com/docs/meta-pixel";`,
		`var share = "https://www.facebook.com/sharer/sharer.php?u=";`,
		`var share = "https://vk.com/share.php?url=";`,
		`var share = "https://twitter.com/intent/tweet?text=";`,
		`var share = "https://www.linkedin.com/shareArticle?url=";`,
		`var video = "https://www.youtube.com/watch?v=a";`,
		`var profile = "https://www.instagram.com/mamen.ai/";`,
		`var profile = "https://vk.com/mamen_ai";`,
		`var search = "https://www.google.com/search?q=";`,
		`var map = "https://yandex.ru/maps/162/almaty/";`,
		`$(function(){ $('.slider').slick({dots:true}); });`,
		`window.__INITIAL_STATE__={"route":"/","user":null,"counter":{"hit":1}};`,
		`window.__NUXT__={config:{public:{apiBase:"https://api.mamen.ai"}}};`,
		`import('/assets/app.js').then(m => m.start());`,
		`self.webpackChunkapp=self.webpackChunkapp||[];self.webpackChunkapp.push([[1],{}]);`,
		`navigator.serviceWorker.register('/sw.js');`,
		`var openstat = false, hotlog = 1, comscore = 2, segment = 3, heap = [4], branch = 'main';`,
		`function clarity(x){return x} clarity(1); hj(1); twq(2); qp(3); rdt(4); pixie(5);`,
		`heap.push(1); branch.init(); amplitude.setUserId(1); analytics.load();`,
		`const counter = document.querySelector('#counter'); counter.textContent = 1;`,
		`new Date().getTime(); google.charts.load('current');`,
		`Stripe('pk_test'); turnstile.render('#a'); hcaptcha.render('b');`,
		`Sentry.captureException(e);`,
		`localStorage.setItem('theme','dark');`,
		`[1,2,3].map(x => x * 2).filter(Boolean);`,
	} {
		if got := foundIDs(c, text); got != "" {
			t.Errorf("found %q, want none, in %s", got, text)
		}
	}
}

func TestFindInlineAppendsEachServiceOnce(t *testing.T) {
	c := builtinCatalogue(t)
	gtm, metrica := c.Index("gtm"), c.Index("yandex_metrica")
	text := []byte(`'gtm.start' mc.yandex.ru/metrika 'gtm.start' new Ya.Metrika( googletagmanager.com/gtm.js`)
	if got := c.FindInline(text, nil); !slices.Equal(got, []int{gtm, metrica}) {
		t.Errorf("found %v, want %v", got, []int{gtm, metrica})
	}
	if got := c.FindInline(text, []int{metrica}); !slices.Equal(got, []int{metrica, gtm}) {
		t.Errorf("found %v, want %v", got, []int{metrica, gtm})
	}
	room := make([]int, 0, 8)
	if n := testing.AllocsPerRun(100, func() { c.FindInline(text, room) }); n != 0 {
		t.Errorf("it allocates %v times", n)
	}
}

func TestFindInlineWithoutMarkersFindsNothing(t *testing.T) {
	c, err := New(nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := c.FindInline([]byte("gtm.start"), nil); len(got) != 0 {
		t.Errorf("found %v", got)
	}
}

// naiveInline is FindInline by its definition, with nothing of its own code.
func naiveInline(services []Service, text string) []int {
	compared := strings.NewReplacer(" ", "", "\t", "", "\n", "", "\r", "", "\f", "", "\v", "", `\`, "", `"`, "'", "`", "'").Replace
	var found []int
	text = compared(text)
	for i, s := range services {
		if slices.ContainsFunc(s.Inline, func(m string) bool { return strings.Contains(text, compared(m)) }) {
			found = append(found, i)
		}
	}
	return found
}

func FuzzFindInline(f *testing.F) {
	services, err := Builtin()
	if err != nil {
		f.Fatal(err)
	}
	// Markers that overlap in every way a search can get wrong.
	services = append(services,
		Service{ID: "overlap_a", Category: consent.Statistics, Inline: []string{"abababab", "babababac"}},
		Service{ID: "overlap_b", Category: consent.Statistics, Inline: []string{"xabababab", "abababababab"}},
		Service{ID: "overlap_c", Category: consent.Statistics, Inline: []string{"babababa"}},
		Service{ID: "overlap_d", Category: consent.Statistics, Inline: []string{"aaaaaaaa", "aaaaaaaab", "'\"`'\"`''"}},
	)
	c, err := New(services)
	if err != nil {
		f.Fatal(err)
	}
	f.Add("(function(w){w.push({'gtm.start':1})})", uint16(0), uint8(3))
	f.Add("xababababababacaaaaaaaaab\"\"\"\"''''", uint16(300), uint8(1))
	f.Add("mc.yandex.ru\\/metrika _zero_kz _zero_kz_", uint16(77), uint8(9))
	f.Fuzz(func(t *testing.T, text string, pick uint16, at uint8) {
		var markers []string
		for _, s := range services {
			markers = append(markers, s.Inline...)
		}
		marker := markers[int(pick)%len(markers)]
		cut := min(int(at), len(text))
		for _, sample := range []string{text, text[:cut] + marker + text[cut:], marker[1:] + text + marker} {
			got := c.FindInline([]byte(sample), nil)
			slices.Sort(got)
			if want := naiveInline(services, sample); !slices.Equal(got, want) {
				t.Fatalf("FindInline(%q) = %v, want %v", sample, got, want)
			}
		}
	})
}

// Texts made of parts of markers, with what is passed over in between, are where a search
// by beginnings could pass over one.
func TestFindInlineInPartsOfMarkers(t *testing.T) {
	c := builtinCatalogue(t)
	var markers []string
	for _, s := range c.Services() {
		markers = append(markers, s.Inline...)
	}
	between := []string{"", "", "", " ", "\n\t", `\`, "x", "'", `"`, "ы"}
	for seed := range uint64(1000) {
		random := rand.New(rand.NewPCG(31, seed))
		var text []byte
		for range random.IntN(20) {
			marker := markers[random.IntN(len(markers))]
			from := random.IntN(2) * random.IntN(len(marker))
			for _, b := range []byte(marker[from : from+random.IntN(len(marker)-from)+1]) {
				text = append(text, b)
				if random.IntN(8) == 0 {
					text = append(text, between[random.IntN(6)]...)
				}
			}
			text = append(text, between[random.IntN(len(between))]...)
		}
		got := c.FindInline(text, nil)
		slices.Sort(got)
		if want := naiveInline(c.Services(), string(text)); !slices.Equal(got, want) {
			t.Fatalf("seed %d: found %v, want %v, in %q", seed, got, want, text)
		}
	}
}

// A long text is searched in portions; a marker may lie across any two of them. What is
// found there is what is found in the middle of a short text.
func TestFindInlineAcrossPortions(t *testing.T) {
	c := builtinCatalogue(t)
	for _, filler := range []string{"x", "a b ", "tics", `\/'`} {
		long := []byte(strings.Repeat(filler, 3*portion/len(filler)+1))
		for i, s := range c.Services() {
			for _, marker := range s.Inline {
				for _, at := range []int{portion - len(marker), portion - len(marker)/2, 2*portion - 1, 2*portion + i%stride} {
					text := slices.Concat(long[:at], []byte("~"+marker), long[at:])
					short := text[at-window : at+1+len(marker)+window]
					got, want := c.FindInline(text, nil), c.FindInline(short, nil)
					slices.Sort(got)
					slices.Sort(want)
					if !slices.Equal(got, want) || !slices.Contains(got, i) {
						t.Fatalf("%q at %d in %q: services %v found, want %v", marker, at, filler, got, want)
					}
				}
			}
		}
	}
}
