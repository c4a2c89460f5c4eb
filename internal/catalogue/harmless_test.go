package catalogue

import "testing"

// A script that is taken for a vendor's snippet doesn't run: a marker that meets
// one of these breaks a page.
func TestBuiltinMarkersSpareOrdinaryScripts(t *testing.T) {
	c := builtinCatalogue(t)
	for _, text := range []string{
		// Data for search engines and frameworks.
		`{"@context":"https://schema.org","@type":"Organization","url":"https://mamen.ai","logo":"https://mamen.ai/logo.png","sameAs":["https://www.facebook.com/mamen","https://www.instagram.com/mamen/","https://twitter.com/mamen","https://vk.com/mamen","https://t.me/mamen","https://www.youtube.com/@mamen","https://www.linkedin.com/company/mamen"]}`,
		`{"@context":"https://schema.org","@type":"Product","name":"Heap of segments","aggregateRating":{"@type":"AggregateRating","ratingValue":"4.4","reviewCount":"89"},"offers":{"@type":"Offer","price":"119.99","priceCurrency":"KZT"}}`,
		`{"@context":"https://schema.org","@type":"VideoObject","embedUrl":"https://video.example.kz/embed/1","uploadDate":"2025-02-05"}`,
		`{"props":{"pageProps":{"analytics":true,"tracking":{"enabled":false}},"__N_SSG":true},"page":"/","query":{},"buildId":"x","gssp":true,"scriptLoader":[]}`,
		`(self.__next_f=self.__next_f||[]).push([0]);self.__next_f.push([1,"1:HL[\"/_next/static/css/a.css\",\"style\"]\n"])`,
		`window.__NUXT__=(function(a,b){return {layout:"default",data:[{}],state:{user:a,counter:b}}}(null,1));`,
		`window.__remixContext = {"state":{"loaderData":{"root":{"ENV":{"SENTRY_RELEASE":"1"}}}}};window.__remixContext.stream = new ReadableStream({start(c){}});`,
		`window.__APOLLO_STATE__={"ROOT_QUERY":{"__typename":"Query"}};window.__PRELOADED_STATE__={"cart":{"items":[]}};`,
		`{__sveltekit_1x={base:new URL(".",location).pathname.slice(0,-1)};const element=document.currentScript.parentElement;Promise.all([import("./a.js")]).then(([kit])=>kit.start(element))}`,
		`(()=>{var e=async t=>{await(await t())()};(self.Astro||(self.Astro={})).load=e;window.dispatchEvent(new Event("astro:load"))})();`,
		`{"imports":{"vue":"/vendor/vue.esm-browser.js","@app/":"/js/app/"}}`,
		`{"prefetch":[{"source":"list","urls":["/next"]}]}`,
		// Runtimes and loaders.
		`(()=>{"use strict";var e,r={},t={};function o(e){var n=t[e];if(void 0!==n)return n.exports;var a=t[e]={exports:{}};return r[e](a,a.exports,o),a.exports}o.m=r,o.p="/",(()=>{var r=self.webpackChunkshop=self.webpackChunkshop||[];r.forEach(e.bind(null,0)),r.push=e.bind(null,r.push.bind(r))})()})();`,
		`(window["webpackJsonpmain"]=window["webpackJsonpmain"]||[]).push([["app"],{"0":function(m,e,r){m.exports=r("1")}}]);`,
		`System.import('/assets/index-legacy.js');document.getElementById('vite-legacy-entry').setAttribute('data-src','x')`,
		`!function(){var e=document.createElement("script");if(!("noModule"in e)&&"onbeforeload"in e){var t=!1;document.addEventListener("beforeload",function(n){if(n.target===e)t=!0},!0)}}();`,
		`requirejs.config({baseUrl:'/js',paths:{jquery:'vendor/jquery.min'}});require(['app/main'],function(m){m.init();});`,
		`var require = {"baseUrl":"https://shop.example.kz/static/version1/frontend/ru_RU"};`,
		`if('serviceWorker' in navigator){window.addEventListener('load',function(){navigator.serviceWorker.register('/sw.js',{scope:'/'})})}`,
		`/*! loadCSS */(function(w){"use strict";var loadCSS=function(href){var ss=w.document.createElement("link");ss.rel="stylesheet";ss.href=href;w.document.head.appendChild(ss)};w.loadCSS=loadCSS}(window));`,
		// Themes, languages, layout.
		`(function(){try{var t=localStorage.getItem('theme');if(t==='dark'||(!t&&matchMedia('(prefers-color-scheme: dark)').matches))document.documentElement.classList.add('dark')}catch(e){}})();`,
		`document.documentElement.className=document.documentElement.className.replace(/\bno-js\b/,'js');`,
		`document.documentElement.style.setProperty('--vh',innerHeight*.01+'px');addEventListener('resize',()=>{});`,
		`i18next.init({lng:'kk',fallbackLng:'ru',resources:{kk:{translation:{}}}});`,
		`window.translations={"cookies":"Мы используем cookie, Яндекс Метрику и Google Analytics","ok":"Жарайды"};`,
		`window.lazySizesConfig=window.lazySizesConfig||{};lazySizesConfig.loadMode=1;`,
		`if(!window.matchMedia)document.write('<script src="/js/polyfill.js"><\/script>');`,
		// jQuery and friends.
		`jQuery(function($){$('.menu').on('click',function(e){e.preventDefault();$(this).toggleClass('open')});});`,
		`$(document).ready(function(){$('.fancybox').fancybox();$('#phone').mask('+7 (999) 999-99-99');$('.owl-carousel').owlCarousel({items:1,loop:true});});`,
		`var swiper=new Swiper('.swiper',{loop:true,autoplay:{delay:5000},pagination:{el:'.swiper-pagination'}});`,
		`AOS.init();WOW&&new WOW().init();new Glide('.glide').mount();`,
		`window.jQuery||document.write('<script src="/js/jquery-3.7.1.min.js"><\/script>')`,
		`Alpine.data('dropdown',()=>({open:false,toggle(){this.open=!this.open}}));htmx.config.selfRequestsOnly=true;`,
		`var app=new Vue({el:'#app',data:{visits:0,campaign:'spring',segment:'b2b'},methods:{track:function(){this.visits++}}});`,
		`ReactDOM.createRoot(document.getElementById('root')).render(React.createElement(App,{analyticsEnabled:false}));`,
		`angular.module('shop',['ngRoute']).controller('Cart',function($scope){$scope.total=0});`,
		// Content management systems and shops.
		`var wpcf7={"api":{"root":"https://example.kz/wp-json/","namespace":"contact-form-7/v1"}};`,
		`window._wpemojiSettings={"baseUrl":"https:\/\/s.w.org\/images\/core\/emoji\/15.0.3\/72x72\/","ext":".png","source":{"concatemoji":"https:\/\/example.kz\/wp-includes\/js\/wp-emoji-release.min.js"}};`,
		`var woocommerce_params={"ajax_url":"/wp-admin/admin-ajax.php","wc_ajax_url":"/?wc-ajax=%%endpoint%%"};var wc_cart_fragments_params={"cart_hash_key":"wc_cart_hash_x"};`,
		`BX.message({'LANGUAGE_ID':'ru','FORMAT_DATE':'DD.MM.YYYY','SITE_ID':'s1','bitrix_sessid':'a'});BX.ready(function(){BX.addClass(document.body,'ready')});`,
		`if(!window.BX)window.BX={};if(!window.BX.message)window.BX.message=function(mess){if(typeof mess==='object'){for(let i in mess)BX.message[i]=mess[i];return true;}};`,
		`var Shopify=Shopify||{};Shopify.shop="example.myshopify.com";Shopify.locale="ru";Shopify.currency={"active":"KZT","rate":"1.0"};`,
		`var prestashop={"cart":{"products":[],"totals":{}},"currency":{"iso_code":"KZT"}};`,
		`window.t_func_id=1;function t_onReady(f){if(document.readyState!='loading')f();else document.addEventListener('DOMContentLoaded',f)}t_onReady(function(){t_onFuncLoad('t396_init',function(){t396_init('1')})});`,
		`Drupal.behaviors.menu={attach:function(context,settings){}};var drupalSettings={"path":{"baseUrl":"/"}};`,
		// Words of analytics that are no snippet.
		`// note: replace gtag, fbq and ym with our own counter (see matomo.org and plausible.io)`,
		`function trackEvent(name,params){if(typeof window.gtag==='function')window.gtag('event',name,params);if(typeof window.ym==='function')window.ym(window.YM_ID,'reachGoal',name);if(window.fbq)window.fbq('trackCustom',name);}`,
		`document.querySelectorAll('[data-goal]').forEach(function(el){el.addEventListener('click',function(){window.dataLayer&&dataLayer.push({event:'goal',goal:el.dataset.goal})})});`,
		`const stats={hits:0,visitors:0,sessions:[]};stats.sessions.push({start:Date.now(),counter:1});console.log('analytics',stats);`,
		`var page={title:'Hotjar, Clarity или Метрика: что выбрать',tags:['hotjar','clarity','mixpanel','amplitude','segment','heap','sentry']};`,
		`window.digitalData={page:{type:'home'},user:{segment:'new'},cart:{total:0}};window.utag_data={page_name:'home'};`,
		`performance.mark('start');new PerformanceObserver(l=>l.getEntries().forEach(e=>console.debug(e.name,e.startTime))).observe({type:'largest-contentful-paint',buffered:true});`,
		`window.onerror=function(m,u,l){navigator.sendBeacon('/log',JSON.stringify({m:m,u:u,l:l}))};`,
		// Chats, maps, players and payments that the page calls and doesn't load.
		`document.getElementById('chat').onclick=function(){window.Intercom&&Intercom('show');window.jivo_api&&jivo_api.open();window.Tawk_API&&Tawk_API.maximize();window.$crisp&&$crisp.push(['do','chat:open'])};`,
		`function initMap(){var m=new google.maps.Map(document.getElementById('map'),{center:{lat:43.2,lng:76.9},zoom:12});}`,
		`ymaps.ready(function(){var m=new ymaps.Map('map',{center:[43.2,76.9],zoom:12});m.geoObjects.add(new ymaps.Placemark([43.2,76.9]));});`,
		`function onYouTubeIframeAPIReady(){player=new YT.Player('player',{videoId:'a'});}`,
		`var stripe=Stripe('pk_live_x');var elements=stripe.elements();elements.create('card').mount('#card');`,
		`var halyk={amount:1000,currency:'KZT',terminal:'x'};halykPay.pay(halyk);var kaspi={id:1};`,
		`grecaptcha.ready(function(){grecaptcha.execute('key',{action:'submit'}).then(function(t){document.getElementById('token').value=t})});`,
	} {
		if got := foundIDs(c, text); got != "" {
			t.Errorf("found %q, want none, in %s", got, text)
		}
	}
}
