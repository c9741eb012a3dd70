// Follows a running agent until it is interrupted: prints each slow request, each finding that comes or goes, and what it
// missed. When the agent goes away it waits for it, and goes on where it was.
//
// usage: follow [-min-wall DURATION] [ADDRESS]
//
// ADDRESS is unix:///PATH or HOST:PORT, by default that of lingerd.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/durationpb"

	lingerv1 "linger/examples/client/linger/v1"
)

const (
	defaultAddress = "unix:///run/linger/linger.sock"
	longestPause   = 10 * time.Second
)

// requests prints what comes of one stream, which begins after the cursor and moves it on.
func requests(ctx context.Context, agent lingerv1.DiagnosticsClient, minWall time.Duration, cursor *uint64) error {
	stream, err := agent.WatchRequests(ctx, &lingerv1.WatchRequestsRequest{
		MinWall: durationpb.New(minWall),
		After:   *cursor,
	})
	if err != nil {
		return err
	}
	for {
		message, err := stream.Recv()
		if err != nil {
			return err
		}
		if message.GetCursor() != 0 {
			*cursor = message.GetCursor()
		}
		if message.GetRestarted() {
			fmt.Println("MISSED    what ended before the agent was restarted")
		}
		if missed := message.GetRequestsSkipped(); missed > 0 {
			fmt.Printf("MISSED    %d requests\n", missed)
		}
		if request := message.GetRequest(); request != nil {
			took := time.Duration(request.GetTime().GetWallNs()).Round(100 * time.Microsecond)
			fmt.Printf("REQUEST   %d %s %s took %s\n", request.GetStatus(), request.GetMethod(), request.GetRoute(), took)
		}
	}
}

// findings prints what comes of one stream. Each begins with all that hold.
func findings(ctx context.Context, agent lingerv1.DiagnosticsClient) error {
	stream, err := agent.WatchFindings(ctx, &lingerv1.WatchFindingsRequest{})
	if err != nil {
		return err
	}
	for {
		change, err := stream.Recv()
		if err != nil {
			return err
		}
		if change.GetChange() == lingerv1.WatchFindingsResponse_CHANGE_UPDATED {
			continue // figures change every second
		}
		finding := change.GetFinding()
		fmt.Printf("%-8s  %s: %s\n", strings.TrimPrefix(change.GetChange().String(), "CHANGE_"),
			strings.ToLower(strings.TrimPrefix(finding.GetSeverity().String(), "SEVERITY_")), finding.GetTitle())
		if change.GetChange() == lingerv1.WatchFindingsResponse_CHANGE_APPEARED {
			fmt.Printf("          Do: %s\n", finding.GetRemedy())
		}
	}
}

// lastingly takes a stream up again whenever the agent went away. Returns when the context ends, or why there is no
// use in trying.
func lastingly(ctx context.Context, what string, stream func() error) error {
	for pause := time.Second / 2; ; {
		began := time.Now()
		err := stream()
		if ctx.Err() != nil {
			return nil
		}
		if status.Code(err) != codes.Unavailable {
			return fmt.Errorf("%s: %w", what, err)
		}
		if time.Since(began) > longestPause {
			pause = time.Second / 2
		}
		fmt.Fprintf(os.Stderr, "%s: no agent (%s); trying again in %s\n", what, status.Convert(err).Message(), pause)
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(pause):
		}
		pause = min(2*pause, longestPause)
	}
}

func follow(ctx context.Context, address string, minWall time.Duration) error {
	connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		return err
	}
	defer connection.Close()
	agent := lingerv1.NewDiagnosticsClient(connection)

	ctx, giveUp := context.WithCancel(ctx)
	defer giveUp()
	var cursor uint64
	streams := map[string]func() error{
		"requests": func() error { return requests(ctx, agent, minWall, &cursor) },
		"findings": func() error { return findings(ctx, agent) },
	}
	ends := make(chan error, len(streams))
	var running sync.WaitGroup
	for what, stream := range streams {
		running.Go(func() {
			ends <- lastingly(ctx, what, stream)
			giveUp() // one that cannot go on ends the other
		})
	}
	running.Wait()
	close(ends)
	var all error
	for end := range ends {
		all = errors.Join(all, end)
	}
	return all
}

func main() {
	minWall := flag.Duration("min-wall", 0, "print only requests that took at least so long")
	flag.Parse()
	address := defaultAddress
	if flag.NArg() > 0 {
		address = flag.Arg(0)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := follow(ctx, address, *minWall); err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", address, err)
		os.Exit(1)
	}
}
