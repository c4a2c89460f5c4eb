package catalogue

import (
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

func find(c *Catalogue, url string) string {
	return c.id(c.Find(Locate([]byte(url), page, nil)))
}

func TestFindNamesTheService(t *testing.T) {
	c := builtinCatalogue(t)
	for url, want := range map[string]string{
		"https://www.googletagmanager.com/gtm.js?id=GTM-ABC":                   "gtm",
		"https://www.googletagmanager.com/ns.html?id=GTM-ABC":                  "gtm",
		"https://www.googletagmanager.com/debug/bootstrap":                     "gtm",
		"https://www.googletagmanager.com/gtag/js?id=G-ABC":                    "ga4",
		"https://www.googletagmanager.com/gtag/js?l=dl&id=G-ABC":               "ga4",
		"https://www.googletagmanager.com/gtag/js?id=AW-1":                     "google_ads",
		"https://www.googletagmanager.com/gtag/js?l=dl&id=AW-1":                "google_ads",
		"https://www.googletagmanager.com/gtag/js?id=DC-1":                     "floodlight",
		"https://www.googletagmanager.com/gtag/js?id=UA-1-1":                   "ga_ua",
		"https://www.google-analytics.com/analytics.js":                        "ga_ua",
		"https://www.google-analytics.com/g/collect?v=2":                       "ga4",
		"https://region1.google-analytics.com/g/collect":                       "ga4",
		"https://stats.g.doubleclick.net/g/collect":                            "ga4",
		"https://www.google-analytics.com/j/collect?v=1":                       "ga_ua",
		"https://static.doubleclick.net/instream/ad_status.js":                 "google_ads",
		"https://www.google.com/pagead/1p-user-list/1/":                        "google_ads",
		"https://www.google.com/ccm/collect?en=page_view":                      "google_ads",
		"https://www.google.com/recaptcha/api.js":                              "recaptcha",
		"https://www.gstatic.com/recaptcha/releases/x/recaptcha__ru.js":        "recaptcha",
		"https://www.google.com/maps/embed?pb=1":                               "google_maps",
		"https://www.google.com/maps?q=1&output=embed":                         "google_maps",
		"https://maps.googleapis.com/maps/api/js?key=1":                        "google_maps",
		"https://www.youtube.com/embed/dQw4w9WgXcQ":                            "youtube",
		"https://www.youtube-nocookie.com/embed/dQw4w9WgXcQ":                   "youtube",
		"https://i.ytimg.com/vi/1/hqdefault.jpg":                               "youtube",
		"https://player.vimeo.com/video/1":                                     "vimeo",
		"https://fonts.googleapis.com/css2?family=Inter":                       "google_fonts",
		"https://connect.facebook.net/en_US/fbevents.js":                       "meta_pixel",
		"https://connect.facebook.net/signals/config/1":                        "meta_pixel",
		"https://connect.facebook.net/ru_RU/sdk.js#xfbml=1":                    "facebook_sdk",
		"https://www.facebook.com/tr?id=1&ev=PageView&noscript=1":              "meta_pixel",
		"https://www.facebook.com/tr/?id=1":                                    "meta_pixel",
		"https://www.facebook.com/plugins/page.php?href=x":                     "facebook_sdk",
		"https://analytics.tiktok.com/i18n/pixel/events.js?sdkid=1":            "tiktok_pixel",
		"https://static.ads-twitter.com/uwt.js":                                "x_pixel",
		"https://t.co/i/adsct?bci=1":                                           "x_pixel",
		"https://px.ads.linkedin.com/collect/?pid=1&fmt=gif":                   "linkedin_insight",
		"https://snap.licdn.com/li.lms-analytics/insight.min.js":               "linkedin_insight",
		"https://bat.bing.com/bat.js":                                          "bing_uet",
		"https://www.clarity.ms/tag/abc":                                       "clarity",
		"https://z.clarity.ms/collect":                                         "clarity",
		"https://c.bing.com/c.gif?x":                                           "clarity",
		"https://static.hotjar.com/c/hotjar-1.js?sv=6":                         "hotjar",
		"wss://ws12.hotjar.com/api/v2/client/ws":                               "hotjar",
		"https://mc.yandex.ru/metrika/tag.js":                                  "yandex_metrica",
		"https://mc.yandex.ru/watch/1":                                         "yandex_metrica",
		"https://mc.yandex.kz/metrika/tag.js":                                  "yandex_metrica",
		"https://mc.yandex.com.tr/metrika/tag.js":                              "yandex_metrica",
		"https://mc.webvisor.org/metrika/tag_ww.js":                            "yandex_metrica",
		"https://cdn.jsdelivr.net/npm/yandex-metrica-watch/tag.js":             "yandex_metrica",
		"https://informer.yandex.ru/informer/1/3_1_FFFFFFFF_EFEFEFFF_0_visits": "yandex_metrica",
		"https://yandex.ru/ads/system/context.js":                              "yandex_rtb",
		"https://an.yandex.ru/system/context.js":                               "yandex_rtb",
		"https://yandex.ru/map-widget/v1/?um=1":                                "yandex_maps",
		"https://api-maps.yandex.ru/2.1/?lang=ru_RU":                           "yandex_maps",
		"https://core-renderer-tiles.maps.yandex.net/tiles":                    "yandex_maps",
		"https://smartcaptcha.yandexcloud.net/captcha.js":                      "yandex_smartcaptcha",
		"https://top-fwz1.mail.ru/js/code.js":                                  "top_mailru",
		"https://top-fwz1.mail.ru/counter?id=1;js=na":                          "top_mailru",
		"https://vk.com/rtrg?p=VK-RTRG-1":                                      "vk_pixel",
		"https://vk.com/js/api/openapi.js?169":                                 "vk_pixel",
		"https://vk.com/video_ext.php?oid=1":                                   "vkid_widget",
		"https://unpkg.com/@vkid/sdk@2/dist-sdk/umd/index.js":                  "vkid_widget",
		"//counter.yadro.ru/hit?t44.6;r":                                       "liveinternet",
		"https://st.top100.ru/top100/top100.js":                                "rambler_top100",
		"https://c.zero.kz/z.js":                                               "zero_kz",
		"https://zero.kz/z.png?u=1":                                            "zero_kz",
		"https://www.tns-counter.ru/V13a***R>*":                                "mediascope_tns",
		"https://mod.calltouch.ru/init.js?id=1":                                "calltouch",
		"https://cloud.roistat.com/api/site/1.0/x/init":                        "roistat",
		"https://api.mindbox.ru/scripts/v1/tracker.js":                         "mindbox",
		"https://code.jivo.ru/widget/abc":                                      "jivo",
		"https://cdn-ru.bitrix24.ru/b1/crm/site_button/loader_1_x.js":          "bitrix24",
		"https://cdn-ru.bitrix24.ru/b1/crm/tag/call.tracker.js":                "bitrix24_call_tracker",
		"https://mycompany.bitrix24.kz/upload/crm/tag/call.tracker.js":         "bitrix24_call_tracker",
		"https://crm.example.org/upload/crm/tag/call.tracker.js":               "bitrix24_call_tracker",
		"https://demo.matomo.cloud/matomo.php":                                 "matomo",
		"https://stats.example.org/matomo.js":                                  "matomo",
		"https://stats.example.org/a/b/piwik.php?idsite=1":                     "matomo",
		"/matomo.js":                                                 "matomo",
		"/stat/matomo.php?idsite=1&rec=1":                            "matomo",
		"https://plausible.io/js/script.js":                          "plausible",
		"https://stats.example.org/js/plausible.outbound-links.js":   "plausible",
		"https://cloud.umami.is/script.js":                           "umami",
		"https://eu-assets.i.posthog.com/static/array.js":            "posthog",
		"/ingest/static/array.js":                                    "posthog",
		"https://cdn.mxpnl.com/libs/mixpanel-2-latest.min.js":        "mixpanel",
		"https://api2.amplitude.com/2/httpapi":                       "amplitude",
		"https://cdn.segment.com/analytics.js/v1/x/analytics.min.js": "segment",
		"https://o1.ingest.de.sentry.io/api/1/envelope/":             "sentry",
		"https://nexus-websocket-a.intercom.io/pubsub":               "intercom",
		"https://js.stripe.com/v3/":                                  "stripe",
		"https://challenges.cloudflare.com/turnstile/v0/api.js":      "cloudflare_turnstile",
		"/cdn-cgi/challenge-platform/scripts/jsd/main.js":            "cloudflare_turnstile",
		"/cdn-cgi/rum":                                             "cf_web_analytics",
		"/_vercel/insights/script.js":                              "vercel_analytics",
		"https://cdn.lr-in-prod.com/LogRocket.min.js":              "logrocket",
		"https://rotated.example/LogRocket.min.js":                 "logrocket",
		"https://metrics.example.org/b/ss/rsid/1/JS-2.22/s1?AQB=1": "adobe_analytics",
	} {
		if got := find(c, url); got != want {
			t.Errorf("Find(%q) = %q, want %q", url, got, want)
		}
	}
}

func TestFindLeavesOtherAddressesAlone(t *testing.T) {
	c := builtinCatalogue(t)
	for _, url := range []string{
		"https://mc.yandex.ru.evil.example/metrika/tag.js",
		"https://mc.yandex.evil.example/metrika/tag.js",
		"https://xmc.yandex.ru/metrika/tag.js",
		"https://mc.yandex/metrika/tag.js",
		"https://notgoogletagmanager.com/gtm.js",
		"https://www.googletagmanager.com.example/gtm.js",
		"https://example.org/www.googletagmanager.com/gtm.js",
		"https://example.org/?u=https://www.googletagmanager.com/gtm.js",
		"https://example.org/#www.googletagmanager.com/gtm.js",
		"https://www.googletagmanager.com@example.org/gtm.js",
		"https://nothotjar.com/c/hotjar-1.js",
		"https://hotjar.com.example/",
		"https://www.google.com/search?q=recaptcha",
		"https://www.google.com/recaptchax/api.js",
		"https://www.google.com/mapsx",
		"https://www.google.com/pageadx/1",
		"https://www.gstatic.com/charts/loader.js",
		"https://yandex.ru/search/?text=metrika",
		"https://yandex.ru/adsx",
		"https://yandex.ru/support/metrica/code/counter-initialize.html",
		"https://yastatic.net/jquery/3.3.1/jquery.min.js",
		"https://vk.com/mamen_ai",
		"https://vk.com/rtrgx",
		"https://vk.com/js/al/x.js",
		"https://t.co/abc",
		"https://t.co/i/adsctx",
		"https://www.facebook.com/mamen.ai",
		"https://www.facebook.com/trends",
		"https://www.linkedin.com/company/x",
		"https://www.linkedin.com/pxl",
		"https://vimeo.com/123",
		"https://zero.kz/cat/12",
		"https://cdn.jsdelivr.net/npm/bootstrap@5/dist/js/bootstrap.min.js",
		"https://cdn.jsdelivr.net/npm/yandex-metrica-watch-vue/x.js",
		"https://unpkg.com/react@18/umd/react.production.min.js",
		"https://unpkg.com/@vkidx/sdk",
		"https://ajax.googleapis.com/ajax/libs/jquery/3.7.1/jquery.min.js",
		"https://code.jquery.com/jquery-3.7.1.min.js",
		"https://developers.google.com/tag-platform/gtagjs",
		"https://matomo.org/docs/",
		"https://github.com/matomo-org/matomo",
		"https://stats.example.org/matomo.php5",
		"https://stats.example.org/matomo.json",
		"https://stats.example.org/not-matomo.js",
		"https://mail.ru/", "https://e.mail.ru/", "https://cloud.mail.ru/public/x",
		"https://www.redditstatic.com/icon.png",
		"https://s.pinimg.com/webapp/x.js",
		"https://sentry.io/welcome/",
		"https://onesignal.com/blog",
		"/matomo.php5", "/matomo.phpx", "/matomo-plugin.php", "/blog/matomo.php-guide", "/Matomo.PHP",
		"/e/", "/s/", "/e/123", "/s/summer?v=1", "/decide/", "/decide/?v=3", "/flags/?v=2", "/array/list",
		"/script.js", "/js/script.js", "/js/app.js", "/api/event", "/api/send", "/api/collect", "/i?e=1", "/i?event=2",
		"/collect", "/g/collect", "/g/collect?v=1", "/j/collect?v=1&tid=1", "/gtag/js", "/gtm.js", "/gtm.js?id=1",
		"/b/ss/", "/b/ss/photo", "/ee/", "/ee/index.html", "/hit", "/counter", "/cdn-cgi/image/x", "/_vercel/image",
		"/api/1/envelope/", "/api/1/envelope/?key=1", "/js/container_main.js", "/ingest/", "/ingest/data",
		"/crm/site_button/", "/", "", "?id=GTM-1", "data:text/javascript,gtm.js?id=GTM-1",
	} {
		if got := find(c, url); got != "" {
			t.Errorf("Find(%q) = %q, want none", url, got)
		}
	}
}

func TestFindRequestKnowsFirstPartyCollectors(t *testing.T) {
	c := builtinCatalogue(t)
	for _, test := range []struct{ path, query, want string }{
		{"/matomo.php", "idsite=1&rec=1", "matomo"},
		{"/matomo.php", "", "matomo"},
		{"/matomo/matomo.php", "", "matomo"},
		{"//matomo.php", "", "matomo"},
		{"/a/../matomo.php", "", "matomo"},
		{"/%6datomo.php", "", "matomo"},
		{"/piwik.php/", "", "matomo"},
		{"/g/collect", "v=2&tid=G-1", "ga4"},
		{"/metrics/g/collect", "v=2&tid=G-1", "ga4"},
		{"/g/collect", "tid=G-1&v=2", "ga4"},
		{"/gtag/js", "id=AW-1", "google_ads"},
		{"/gtm.js", "id=GTM%2D1", "gtm"},
		{"/e/", "ip=1&_=1&ver=1.96.1&compression=gzip-js", "posthog"},
		{"/i/v0/e/", "ip=1", "posthog"},
		{"/com.snowplowanalytics.snowplow/tp2", "", "snowplow"},
		{"/i", "e=pv&p=web&tv=js-3.5.0", "snowplow"},
		{"/b/ss/rsid/1/JS-2.22.0/s9", "AQB=1", "adobe_analytics"},
		{"/ee/irl1/v1/interact", "configId=1", "adobe_analytics"},
		{"/api/4/envelope/", "sentry_key=a&sentry_version=7", "sentry"},
		{"/_vercel/insights/view", "", "vercel_analytics"},
		{"/cdn-cgi/rum", "", "cf_web_analytics"},
		{"/OneSignalSDKWorker.js", "appId=1", "onesignal"},
		{"/push/OneSignalSDKWorker.js", "", "onesignal"},
		{"/push/onesignal/OneSignalSDKUpdaterWorker.js", "", "onesignal"},
		{"/sp-push-worker-fb.js", "ver=2.0", "sendpulse"},
		{"/sp-push-worker.js", "", "sendpulse"},
		{"/app/sp-push-worker-1.js", "", "sendpulse"},
		{"/mindbox-services-worker.js", "", "mindbox"},
		{"/my/mindbox-services-worker.js", "", "mindbox"},
		{"/sw.js", "", ""}, {"/service-worker.js", "", ""}, {"/sp-push-workers/", "", ""}, {"/OneSignalSDKWorker.json", "", ""},

		{"", "", ""}, {"*", "", ""}, {"matomo.php", "", ""}, {"/", "v=2", ""},
		{"/e/", "", ""}, {"/e/", "ip=1", ""}, {"/s/", "q=ver", ""}, {"/script.js", "", ""},
		{"/g/collect", "v=1", ""}, {"/g/collect", "vv=2", ""}, {"/g/collection", "v=2", ""},
		{"/matomo.php5", "", ""}, {"/api/event", "", ""}, {"/catalog/matomo", "", ""},
		{"/gtag/js", "id=", ""}, {"/gtag/js", "id=1&x=AW-1", ""}, {"/i", "e=1", ""},
	} {
		if got := c.id(c.FindRequest("mamen.ai", test.path, test.query)); got != test.want {
			t.Errorf("FindRequest(%q, %q) = %q, want %q", test.path, test.query, got, test.want)
		}
	}
}

func TestRequestsToANamedHostOfTheSiteAreFound(t *testing.T) {
	c, err := New([]Service{{ID: "own", Category: consent.Statistics, Scripts: []string{"stat.mamen.ai/count.js"}, Collect: []string{"mamen.ai/count"}}})
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		host, path string
		want       int
	}{
		{"mamen.ai", "/count", 0}, {"stat.mamen.ai", "/count.js", 0},
		{"www.mamen.ai", "/count", -1}, {"mamen.ai", "/counter", -1}, {"mamen.ai", "/count.js", -1},
	} {
		if got := c.FindRequest(test.host, test.path, ""); got != test.want {
			t.Errorf("FindRequest(%q, %q) = %d, want %d", test.host, test.path, got, test.want)
		}
	}
}

func TestFindDoesNotAllocate(t *testing.T) {
	c := builtinCatalogue(t)
	for _, url := range []string{"https://mc.yandex.kz/metrika/tag.js", "/catalog/shoes/?page=2", "https://a.b.c.example.org/x.js"} {
		l := Locate([]byte(url), page, nil)
		if n := testing.AllocsPerRun(100, func() { c.Find(l) }); n != 0 {
			t.Errorf("Find(%q) allocates %v times", url, n)
		}
	}
	if n := testing.AllocsPerRun(100, func() { c.FindRequest("mamen.ai", "/catalog/../shoes/", "page=2&q=%41") }); n != 0 {
		t.Errorf("FindRequest allocates %v times", n)
	}
}

func FuzzFindRequest(f *testing.F) {
	c := builtinCatalogue(f)
	f.Add("/a//../matomo.php", "v=2&&id=%4")
	f.Fuzz(func(t *testing.T, path, query string) {
		if i := c.FindRequest("mamen.ai", path, query); i < -1 || i >= len(c.Services()) {
			t.Fatalf("FindRequest(%q, %q) = %d", path, query, i)
		}
	})
}
