package catalogue

import (
	"strings"
	"testing"

	"github.com/mamen-ai/consentgate/internal/consent"
)

// The services that sites of the region and of the world were found to use. Who
// takes one out says so here.
func TestBuiltinHoldsEveryService(t *testing.T) {
	c := builtinCatalogue(t)
	for id := range strings.FieldsSeq(`abtasty activecampaign adfox admitad adobe_analytics adriver adroll adsense_gpt advcake ahrefs_analytics
		amazon_ads amplitude appsflyer bing_uet bitrix24 bitrix24_call_tracker bitrix_cms_stat branch braze callibri
		callrail calltouch carrotquest cf_web_analytics chartbeat clarity cloudflare_turnstile comagic_uis comscore
		contentsquare crazyegg crisp criteo customerio datadog_rum dynamic_yield facebook_sdk fathom flocktory
		floodlight fullstory ga4 ga_ua goatcounter google_ads google_fonts google_maps google_optimize_legacy gtm
		hcaptcha heap hotjar hubspot inspectlet instagram_embed intercom jivo kameleoon klaviyo linkedin_insight
		livechat liveinternet logrocket luckyorange mailchimp mango_office marketo marquiz matomo mediascope_tns
		meta_pixel mindbox mixpanel mouseflow newrelic_browser onesignal openstat_hotlog_old optimizely outbrain
		pardot pinterest_tag piwik_pro plausible posthog quantcast quora_pixel rambler_top100 recaptcha reddit_pixel
		retailrocket roistat rudderstack segment segmento sendpulse sentry simple_analytics smartlook smi2_relap
		snap_pixel snowplow statcounter stripe taboola tawk tiktok_pixel top_mailru tradedesk trustpilot twogis_widget
		umami vercel_analytics vimeo vk_pixel vkid_widget vwo x_pixel x_widgets xandr yandex_maps yandex_metrica
		yandex_rtb yandex_smartcaptcha yandex_varioqub youtube zendesk_chat zero_kz`) {
		if c.Index(id) < 0 {
			t.Errorf("%s is missing", id)
		}
	}
}

// Whoever prints the catalogue in a notice must see who runs a service, and what
// of it nobody has confirmed.
func TestBuiltinSaysWhoAndHowSure(t *testing.T) {
	for _, s := range builtinCatalogue(t).Services() {
		if s.Vendor == "" {
			t.Errorf("%s: nobody runs it", s.ID)
		}
		if (s.Retention == "") != (len(s.Keeps) == 0) {
			t.Errorf("%s: what is said to operators about keeping isn't said to visitors, or the other way round: %q, %v", s.ID, s.Retention, s.Keeps)
		}
		if s.Doubt != "" && !strings.HasSuffix(s.Doubt, ".") {
			t.Errorf("%s: the doubt is no sentence: %q", s.ID, s.Doubt)
		}
		if s.Source != "" {
			for _, part := range strings.Split(s.Source, "; ") {
				if title, address, ok := strings.Cut(part, ", https://"); !ok || title == "" || strings.ContainsAny(address, " ,") {
					t.Errorf("%s: write a source as title, https://address: %q", s.ID, part)
				}
			}
		}
		if s.Category != consent.Necessary && len(s.Signals) == 0 && s.Doubt == "" {
			t.Errorf("%s: it has no consent call, and nothing says why", s.ID)
		}
	}
}

// A refused service's cookies are kept from the origin and expired: a pattern
// that meets one of these breaks a login, a basket or a language.
func TestBuiltinCookiesSpareWhatSitesNeed(t *testing.T) {
	c := builtinCatalogue(t)
	for name := range strings.FieldsSeq(`PHPSESSID JSESSIONID JSESSIONIDSSO ASPSESSIONIDABCDEFGH ASP.NET_SessionId
		.AspNetCore.Session .AspNetCore.Antiforgery.x .AspNetCore.Identity.Application .ASPXAUTH CFID CFTOKEN
		sessionid session_id session-id session session.sig sess SESSION SESSIONID SID sid ssid connect.sid koa.sess koa.sess.sig
		express:sess rack.session _session_id _app_session _rails_session laravel_session laravel_token ci_session cakephp
		symfony frontend frontend_cid adminhtml PrestaShop-x OCSESSID x_session _interslice_session _mysite_key
		csrftoken csrf csrf_token _csrf _csrf_token XSRF-TOKEN X-CSRF-TOKEN csrf-token __RequestVerificationToken
		__Host-session __Host-csrf __Host-next-auth.csrf-token __Secure-session __Secure-next-auth.session-token
		next-auth.session-token next-auth.callback-url authjs.session-token sb-access-token sb-refresh-token __session __client_uat
		remember_me remember_token remember_web_59ba36addc2b2f9401580f014c7f58ea4e30989d user_remember_me
		auth auth_token access_token refresh_token id_token token jwt jwt_token sso login logged_in user username user_id
		wordpress_logged_in_x wordpress_sec_x wordpress_test_cookie wp-settings-1 wp-settings-time-1 wp_lang comment_author_x
		woocommerce_cart_hash woocommerce_items_in_cart wp_woocommerce_session_x woocommerce_recently_viewed
		SSESS0123456789abcdef SESS0123456789abcdef Drupal.visitor.name joomla_user_state fe_typo_user be_typo_user
		BITRIX_SM_LOGIN BITRIX_SM_SALE_UID BITRIX_SM_UIDL BITRIX_SM_NCC BITRIX_SM_SOUND_LOGIN_PLAYED
		cart cart_id cartId cart_token cart_sig basket basket_id wishlist compare checkout checkout_token order_id
		secure_customer_sig keep_alive _shopify_country storefront_digest localization PHPSESSID2 mage-cache-sessid
		mage-messages form_key private_content_version section_data_ids store
		currency curr lang language locale i18n i18next i18nextLng NEXT_LOCALE django_language pll_language
		wp-wpml_current_language qtrans_front_language _icl_current_language GlotPress timezone tz country region city geo
		theme dark_mode darkMode color-scheme prefers-color-scheme font-size sidebar layout view sort per_page
		remix_session remix-session remix-theme i18n_redirected nuxt-color-mode vuex pinia
		cookieconsent_status CookieConsent CookieControl cookie_notice_accepted cmplz_banner-status cookieyes-consent
		OptanonConsent OptanonAlertBoxClosed euconsent-v2 tarteaucitron klaro privacy_choice moove_gdpr_popup
		AWSALB AWSALBCORS AWSELB ARRAffinity ARRAffinitySameSite SERVERID SRVID ROUTEID nlbi_1 visid_incap_1 incap_ses_1
		__ddg1_ __ddg2_ __ddgid_ __qrator INGRESSCOOKIE BIGipServerpool TS01234567 route sticky lb
		ct_checkjs ct_timestamp apbct_site_landing_ts antibot human captcha captcha_token
		phpbb3_x_u phpbb3_x_k phpbb3_x_sid xf_session xf_user xf_csrf bb_session moodlesession MoodleSession MDL_SSP_SessID
		grafana_session gitlab_session _gitlab_session user_session logged_in_gh dotcom_user PIWIK_SESSID MATOMO_SESSID
		popup_shown banner_closed newsletter_closed last_viewed recently_viewed referrer utm_source utm_medium utm_campaign
		partner promo promo_code coupon discount ab_test variant experiment feature_flags flags debug preview`) {
		for _, i := range c.FindCookie(name, nil) {
			if s := c.Services()[i]; s.Category != consent.Necessary {
				t.Errorf("%s would be taken from the site as a cookie of %s", name, s.ID)
			}
		}
	}
}
