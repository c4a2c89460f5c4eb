package bench

import (
	"encoding/base64"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
)

// The origin's pages: markup, text and scripts in about the shares that real
// pages have, with the trackers that half of them carry.
const (
	pageStart = `<!doctype html>
<html lang="ru"><head><meta charset="utf-8"><title>Новости</title>
<link rel="preconnect" href="https://www.googletagmanager.com">
<link rel="stylesheet" href="/assets/site.css">
<script async src="https://www.googletagmanager.com/gtag/js?id=G-0000000000"></script>
<script>window.dataLayer=window.dataLayer||[];function gtag(){dataLayer.push(arguments)}gtag('js',new Date());gtag('config','G-0000000000');</script>
</head><body><header class="site-header"><nav><a href="/">Главная</a> <a href="/about">О нас</a></nav></header><main>
`
	pageArticle = `<article class="card card--wide" id="item-%d" data-kind="news"><h2 class="card__title"><a href="/news/%d">Заголовок новости номер %d</a></h2>
<p class="card__text">Алматинская компания рассказала о новых агентах, которые помогают отвечать клиентам, и о том, как устроена их проверка.</p>
<img class="card__image" loading="lazy" src="/images/%d.jpg" srcset="/images/%d-2x.jpg 2x" alt="Иллюстрация" width="640" height="360">
<script type="application/json">{"id":%d,"tags":["ai","kz"],"views":1024,"related":[1,2,3,4,5,6,7,8,9,10]}</script>
<script>document.getElementById("item-%d").addEventListener("click", function (event) { event.currentTarget.classList.toggle("card--open"); });</script>
<footer class="card__footer"><time datetime="2026-11-23">23 ноября</time> <span class="card__author">Редакция</span></footer></article>
`
	// newsArticle is mostly text, as on the pages of newspapers, with the state of a
	// framework behind it.
	newsArticle = `<article id="news-%d"><h2><a href="/news/%d">Заголовок новости номер %d</a></h2>
` + "<p>" + newsText + "</p>\n<p>" + newsText + "</p>\n<p>" + newsText + "</p>\n" + `<script>window.__state=window.__state||[];window.__state.push({"id":%d,"title":"Заголовок новости номер %d","text":"` + newsText + newsText + `"});</script>
</article>
`
	newsText = "В Алматы открылась выставка, на которой двенадцать компаний показывают, как их программы отвечают клиентам, ведут учёт и переводят документы. " +
		"Посетители могут задать вопрос на казахском, русском или английском языке и сравнить ответы; за первый день пришло около трёх тысяч человек, говорят организаторы. " +
		"По их словам, через год таких выставок будет три: ещё одна пройдёт в Астане, и одна в Шымкенте."
	pageEnd = `</main><noscript><img src="https://mc.yandex.ru/watch/1" alt=""></noscript></body></html>
`
)

var (
	pages  sync.Map     // pageKind → string
	served atomic.Int64 // pages that are made for one request
)

// pageKind tells pages apart.
type pageKind struct {
	bytes   int
	article string
}

func servePage(w http.ResponseWriter, r *http.Request) {
	size, err := strconv.Atoi(r.URL.Query().Get("bytes"))
	if err != nil {
		http.NotFound(w, r)
		return
	}
	kind := pageKind{size, pageArticle}
	switch {
	case r.URL.Query().Has("news"):
		kind.article = newsArticle
	case r.URL.Query().Has("noise"):
		kind.article = noiseArticle
	}
	cached, ok := pages.Load(kind)
	if !ok {
		cached, _ = pages.LoadOrStore(kind, makePage(size, kind.article))
	}
	page := cached.(string)
	if r.URL.Query().Has("unique") {
		// Every article is another one each time.
		page = strings.ReplaceAll(page, "Заголовок", fmt.Sprintf("%018d", served.Add(1)))
	}
	contentType := "text/html; charset=utf-8"
	if r.URL.Query().Has("text") {
		contentType = "text/plain; charset=utf-8"
	}
	w.Header().Set("Content-Type", contentType)
	w.Header().Set("Content-Length", strconv.Itoa(len(page)))
	io.WriteString(w, page)
}

// noiseArticle is text that can hardly be compressed.
var noiseArticle = func() string {
	random, noise := rand.NewChaCha8([32]byte{}), make([]byte, 768<<10)
	random.Read(noise)
	return "<p>" + base64.StdEncoding.EncodeToString(noise) + "</p>\n"
}()

func makePage(size int, article string) string {
	var page strings.Builder
	page.WriteString(pageStart)
	for i := 0; page.Len() < size-len(pageEnd); i++ {
		page.WriteString(strings.ReplaceAll(article, "%d", fmt.Sprint(i)))
	}
	page.WriteString(pageEnd)
	return page.String()
}
