package main

import (
	"context"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"sort"
	"sync"

	"github.com/fsnotify/fsnotify"
)

var cardFile = regexp.MustCompile(`^nvidia[0-9]+$`)

// cards are the device files seen so far, and whether each still exists.
type cards struct {
	folder  string
	mu      sync.Mutex
	present map[string]bool
	changed chan struct{} // closed at the next change
}

// watchCards lists the device files at first and at every change, until ctx ends.
func watchCards(ctx context.Context, folder string) (*cards, error) {
	watcher, err := fsnotify.NewWatcher()
	if err != nil {
		return nil, err
	}
	if err := watcher.Add(folder); err != nil {
		watcher.Close()
		return nil, err
	}
	c := &cards{folder: folder, present: map[string]bool{}, changed: make(chan struct{})}
	c.look()
	go func() {
		defer watcher.Close()
		for {
			select {
			case <-ctx.Done():
				return
			case event := <-watcher.Events:
				if cardFile.MatchString(filepath.Base(event.Name)) {
					c.look()
				}
			case err := <-watcher.Errors:
				log.Printf("%s: %v", folder, err)
				c.look() // what was missed is seen now
			}
		}
	}()
	return c, nil
}

// look updates the list; a card whose file is removed stays in it as absent.
func (c *cards) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := map[string]bool{}
	entries, err := os.ReadDir(c.folder)
	if err != nil {
		log.Printf("%s: %v", c.folder, err)
	}
	for _, entry := range entries {
		if cardFile.MatchString(entry.Name()) {
			now[entry.Name()] = true
		}
	}
	different := false
	for name := range c.present {
		different = different || c.present[name] != now[name]
		c.present[name] = now[name]
	}
	for name := range now {
		different = different || !c.present[name]
		c.present[name] = true
	}
	if different {
		close(c.changed)
		c.changed = make(chan struct{})
	}
}

// state returns all names in order, which of them exist, and a channel that closes at the next change.
func (c *cards) state() (names []string, present map[string]bool, changed <-chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	present = map[string]bool{}
	for name, there := range c.present {
		names = append(names, name)
		present[name] = there
	}
	sort.Strings(names)
	return names, present, c.changed
}
